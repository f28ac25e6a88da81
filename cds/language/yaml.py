"""Strict YAML: 1.2 core scalars, a position for every node, and nothing that an author would not expect.

Refused with a message: anchors and aliases, tags, merge keys, duplicate keys, several documents, tabs, files over
256 KiB, nesting deeper than 12. That also ends alias bombs and the construction of objects.
"""

from __future__ import annotations

from typing import Any, NoReturn

import yaml

from cds.language.node import Fields, Items, Node, Text
from cds.language.report import Report
from cds.language.source import read_words
from cds.values.diagnostic import Position

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12

_TRAPS = {
    "could not find expected ':'": "A key needs a colon and a blank; a text that runs over lines needs a | first.",
    "mapping values are not allowed": "A text that holds ': ' needs quotes around it.",
    "cannot start any token": "Tabs are not allowed, and a text that starts with % @ ` needs quotes.",
    "did not find expected ',' or '}'": "Inside braces, quote a text that holds a comma, a brace or a final ?.",
    "did not find expected ',' or ']'": "Inside brackets, a text with a comma or a bracket needs quotes.",
    "did not find expected '-' indicator": "This line is indented unlike its neighbours.",
    "did not find expected key": "This line is indented unlike its neighbours, or a quote was not closed.",
    "while scanning a quoted scalar": "A quote was opened and not closed.",
}


class _RefusedError(Exception):
    """Ends the reading of one file; the diagnostic has been reported."""


def read_yaml(file: str, source: bytes, report: Report) -> Node | None:
    """Read one file.

    Args:
        file: its name as shown in messages.
        source: its bytes, UTF-8.
        report: takes every problem found.

    Returns:
        The root node, or None when the file cannot be read; then at least one error was reported.
    """
    words = read_words(file, source, MAX_BYTES, report)
    if words is None:
        return None
    try:
        return _Reader(file, words, report).document()
    except _RefusedError:
        return None
    except yaml.YAMLError as problem:
        _report_syntax(problem, Position(file, 1, 1), report)
        return None


def _report_syntax(problem: yaml.YAMLError, start: Position, report: Report) -> None:
    mark: Any = getattr(problem, "problem_mark", None) or getattr(problem, "context_mark", None)
    at = Position(start.file, mark.line + 1, mark.column + 1) if mark is not None else start
    words = " ".join(str(part) for part in (getattr(problem, "context", ""), getattr(problem, "problem", "")) if part)
    remedy = next((advice for sign, advice in _TRAPS.items() if sign in words), "")
    report.error("yaml", at, f"this is not YAML: {words or problem}", remedy=remedy)


class _Reader:
    """Builds nodes from parser events, refusing what the strict form leaves out."""

    def __init__(self, file: str, words: str, report: Report) -> None:
        self.file = file
        self.report = report
        self.events = iter(yaml.parse(words, Loader=yaml.CSafeLoader))

    def document(self) -> Node:
        next(self.events)  # stream start
        event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            self.refuse("empty-file", Position(self.file, 1, 1), "the file is empty")
        root = self.node(next(self.events), 0)
        next(self.events)  # document end
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            self.refuse(
                "several-documents",
                self.at(event),
                "a second document starts here",
                "One file, one document.",
            )
        return root

    def node(self, event: Any, depth: int) -> Node:
        at = self.at(event)
        if isinstance(event, yaml.AliasEvent):
            self.refuse("alias", at, "aliases (*name) are not allowed", "Write the value out.")
        if event.anchor is not None:
            self.refuse("anchor", at, "anchors (&name) are not allowed", "Write the value out where it is needed.")
        if event.tag not in (None, "!"):
            self.refuse("tag", at, f"tags ({event.tag}) are not allowed", "Leave the tag out.")
        if depth > MAX_DEPTH:
            self.refuse("too-deep", at, f"this is nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.ScalarEvent):
            return Text(at, event.value, quoted=bool(event.style))
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(at, depth)
        return self.mapping(at, depth)

    def sequence(self, at: Position, depth: int) -> Items:
        items: list[Node] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(event, depth + 1))
        return Items(at, tuple(items))

    def mapping(self, at: Position, depth: int) -> Fields:
        keys: dict[str, Text] = {}
        values: dict[str, Node] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.node(event, depth + 1)
            if not isinstance(key, Text):
                self.refuse(
                    "key",
                    key.at,
                    "a key must be a plain word",
                    "A value that starts with { or [ needs quotes.",
                )
            value = self.node(next(self.events), depth + 1)
            if key.value == "<<":
                self.refuse("merge-key", key.at, "merge keys (<<) are not allowed", "Write the keys out.")
            if key.value in keys:
                first = keys[key.value].at.line
                self.report.error(
                    "duplicate-key",
                    key.at,
                    f"{key.value} is written twice; the first is on line {first}",
                    "Only one of them would count.",
                    "Keep one of them.",
                )
            else:
                keys[key.value], values[key.value] = key, value
        return Fields(at, keys, values)

    def at(self, event: Any) -> Position:
        start, end = event.start_mark, event.end_mark
        width = end.column + 1 if end.line == start.line else 0
        return Position(self.file, start.line + 1, start.column + 1, width)

    def refuse(self, id: str, at: Position, what: str, remedy: str = "") -> NoReturn:
        self.report.error(id, at, what, remedy=remedy)
        raise _RefusedError
