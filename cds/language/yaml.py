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
from cds.language.yaml_characters import strange_character
from cds.language.yaml_mistake import mistake
from cds.language.yaml_swallowed import swallowed
from cds.values.diagnostic import Diagnostic, Position

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12

_BLOCKS = ("|", ">")
_QUOTES = "put quotes around a text that starts with"


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
    odd = strange_character(file, words)
    if odd is not None:
        _tell(odd, report)
        return None
    try:
        return _Reader(file, words, report).document()
    except _RefusedError:
        return None
    except yaml.MarkedYAMLError as problem:
        _tell(mistake(file, words, problem, MAX_DEPTH), report)
        return None


def _tell(found: Diagnostic, report: Report) -> None:
    report.error(found.id, found.at, found.what, found.meaning, found.remedy)


class _Reader:
    """Builds nodes from parser events, refusing what the strict form leaves out."""

    def __init__(self, file: str, words: str, report: Report) -> None:
        self.file = file
        self.words = words
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
            self.refuse("alias", at, "aliases (*name) are not allowed", f"Write the value out; {_QUOTES} *.")
        if event.anchor is not None:
            self.refuse("anchor", at, "anchors (&name) are not allowed", f"Leave the name out; {_QUOTES} &.")
        if event.tag is not None:
            self.refuse("tag", at, "tags (!name) are not allowed", f"Leave the tag out; {_QUOTES} !.")
        if depth > MAX_DEPTH:
            self.refuse("too-deep", at, f"this is nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.ScalarEvent):
            if event.style not in _BLOCKS:
                self.look_at_lines(event.start_mark, event.end_mark)
            return Text(at, event.value, quoted=bool(event.style))
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(at, depth)
        return self.mapping(at, depth)

    def look_at_lines(self, start: Any, end: Any) -> None:
        """Refuse a text over several lines that took in a key or an item of a list."""
        found = swallowed(self.file, self.words, start, end) if end.line > start.line else None
        if found is not None:
            _tell(found, self.report)
            raise _RefusedError

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
