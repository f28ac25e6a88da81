"""Strict JSON (RFC 8259) as nodes, a position for every node.

The reader for YAML would not do: it refuses what JSON allows (pairs of surrogates, keys of any length) and lets pass
what JSON does not (comments, single quotes, a comma at the end). Refused besides: duplicate keys, halves of surrogate
pairs, files over 2 MiB, nesting deeper than 60.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import Any, NoReturn

from cds.language.node import Fields, Items, Node, Text, plain
from cds.language.report import Report
from cds.language.source import read_words
from cds.values.diagnostic import Position

MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 60

_LINE_END = re.compile("\r\n|\r|\n")
_BLANKS = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORDS = re.compile(r"true|false|null")
_INSIDE = re.compile(r'(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*')
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONSTANTS = {"true": True, "false": False, "null": None}

_TRAPS = {
    "": "The file ends too early.",
    "T": "In JSON it is true, in small letters and without quotes.",
    "F": "In JSON it is false, in small letters and without quotes.",
    "N": "In JSON what is not known is null, in small letters; NaN is no number.",
    "I": "Infinity is no number of JSON.",
    ",": "Two commas stand here, or one without an entry.",
    "-": "Behind the sign of a number stands a digit.",
    "+": "A number has no sign +.",
    ".": "A number starts with a digit: 0.5.",
    "'": "JSON has double quotes only.",
    "/": "JSON has no comments.",
    "#": "JSON has no comments.",
    "}": "JSON has no comma after the last entry.",
    "]": "JSON has no comma after the last entry.",
}


class _RefusedError(Exception):
    """Ends the reading of one file; the diagnostic has been reported."""


def read_json(file: str, source: bytes, report: Report) -> Node | None:
    """Read one file.

    Args:
        file: its name as shown in messages.
        source: its bytes, UTF-8.
        report: takes every problem found.

    Returns:
        The root node, or None when the file cannot be read; then at least one error was reported. Numbers and the words
        true, false and null are texts that are not quoted; `json_data` tells what they are.
    """
    words = read_words(file, source, MAX_BYTES, report)
    if words is None:
        return None
    try:
        return _Reader(file, words, report).document()
    except _RefusedError:
        return None


def json_data(node: Node) -> Any:
    """The node as plain Python data, with the constants of JSON: unlike in YAML here, true is no word."""
    match node:
        case Text():
            return _CONSTANTS[node.value] if not node.quoted and node.value in _CONSTANTS else plain(node)
        case Items():
            return [json_data(item) for item in node.items]
        case Fields():
            return {name: json_data(value) for name, value in node.values.items()}


class _Reader:
    """Reads values from a text, one after the other; ``here`` is where it stands."""

    def __init__(self, file: str, words: str, report: Report) -> None:
        self.file = file
        self.words = words
        self.report = report
        self.here = 0
        self.lines = [0, *(found.end() for found in _LINE_END.finditer(words))]

    def document(self) -> Node:
        if not self.next():
            self.report.error("empty-file", Position(self.file, 1, 1), "the file is empty")
            raise _RefusedError
        root = self.value(0)
        if self.next():
            self.stop("something stands behind the end of the value", "One file, one value.")
        return root

    def value(self, depth: int) -> Node:
        start, sign = self.here, self.next()
        if depth > MAX_DEPTH:
            self.report.error("too-deep", self.at(start), f"this is nested deeper than {MAX_DEPTH} levels")
            raise _RefusedError
        if sign == "{":
            return self.mapping(depth)
        if sign == "[":
            return self.sequence(depth)
        if sign == '"':
            return self.string()
        found = _NUMBER.match(self.words, self.here) or _WORDS.match(self.words, self.here)
        if found is None:
            self.stop("a value is expected here", _TRAPS.get(sign, "A text needs double quotes around it."))
        behind = self.words[found.end() : found.end() + 1]
        if behind.isalnum() or behind in ("_", "."):
            what = f"{found[0]}{behind}… is no number and none of true, false and null"
            self.stop(what, "A text needs double quotes; a number starts with no 0 and ends with no dot.")
        self.here = found.end()
        return Text(self.at(start, self.here), found[0])

    def mapping(self, depth: int) -> Fields:
        opened, at = self.here, self.at(self.here, self.here + 1)
        keys: dict[str, Text] = {}
        values: dict[str, Node] = {}
        more = self.opened("}")
        while more:
            if self.next() != '"':
                self.stop("a key is expected here", _TRAPS.get(self.next(), "A key needs double quotes around it."))
            key = self.string()
            if self.next() != ":":
                self.stop("a colon is expected here", "Between a key and its value stands a colon.")
            self.here += 1
            self.next()
            value = self.value(depth + 1)
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
            more = self.continued("}", opened)
        return Fields(at, keys, values)

    def sequence(self, depth: int) -> Items:
        opened, at = self.here, self.at(self.here, self.here + 1)
        items: list[Node] = []
        more = self.opened("]")
        while more:
            items.append(self.value(depth + 1))
            more = self.continued("]", opened)
        return Items(at, tuple(items))

    def opened(self, close: str) -> bool:
        """Step over an opening bracket; whether anything stands behind it."""
        self.here += 1
        if self.next() != close:
            return True
        self.here += 1
        return False

    def continued(self, close: str, opened: int) -> bool:
        """Step over a comma or the closing bracket; whether another entry follows."""
        sign = self.next()
        if not sign:
            self.here = opened
            remedy = f"Write {close} where it ends; perhaps the file was cut off."
            self.stop("what is opened here is not closed", remedy)
        if sign not in (",", close):
            self.stop(f"a comma or {close} is expected here", "A comma stands between two entries.")
        self.here += 1
        if sign == ",":
            self.next()
        return sign == ","

    def string(self) -> Text:
        start = self.here
        inside = _INSIDE.match(self.words, start + 1)
        self.here = inside.end() if inside is not None else start + 1
        sign = self.words[self.here : self.here + 1]
        if sign == "\\":
            self.stop("this is no escape of JSON", 'Escapes are \\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u0000.')
        if sign == "\t" or (sign and ord(sign) < ord(" ") and sign not in "\r\n"):
            self.stop(f"the character U+{ord(sign):04X} stands in a text", "Write it as \\t or \\u0000, or remove it.")
        if sign != '"':
            self.here = start
            remedy = "Close it; a new line in a text is written \\n."
            self.stop("this quote is opened and not closed on its line", remedy)
        self.here += 1
        value = json.loads(self.words[start : self.here])
        if _SURROGATE.search(value):
            self.here = start
            self.stop("this text holds half of a surrogate pair", "Write the character itself, or both halves.")
        return Text(self.at(start, self.here), value, quoted=True)

    def next(self) -> str:
        """Step over blanks; the character that stands there, empty at the end."""
        blanks = _BLANKS.match(self.words, self.here)
        self.here = blanks.end() if blanks is not None else self.here
        return self.words[self.here : self.here + 1]

    def at(self, start: int, end: int | None = None) -> Position:
        line = bisect_right(self.lines, start)
        column = start - self.lines[line - 1] + 1
        return Position(self.file, line, column, column + end - start if end is not None else 0)

    def stop(self, what: str, remedy: str) -> NoReturn:
        here = min(self.here, len(self.words.rstrip()))  # not on the empty line behind the last one
        self.report.error("json", self.at(here), f"this is not JSON: {what}", remedy=remedy)
        raise _RefusedError
