"""A text over several lines that took in what was meant as a key or as an item of a list.

That is YAML for the parser, and no author means it: ``at_least:2`` or ``-item`` below a text becomes part of the text.
"""

from __future__ import annotations

import re
from typing import Any

from cds.language.yaml_lines import blank_after_colon, blank_after_dash
from cds.language.yaml_scan import Scan
from cds.language.yaml_signs import quote_not_closed
from cds.values.diagnostic import Diagnostic, Position

_NO_BLANK = re.compile(r"([a-z_][\w-]*):(?=[^\s/])")
_ITEM = re.compile(r"-(?=[\w'\"{\[ ])")


def swallowed(file: str, words: str, start: Any, end: Any) -> Diagnostic | None:
    """What is wrong with a text that runs over several lines and does not stand in a block; None when nothing is.

    Args:
        file: its name as shown in messages.
        words: the whole file.
        start: the parser's mark where the text starts.
        end: the mark behind it.
    """
    scan = Scan(words.replace("\r\n", "\n").replace("\r", "\n"))
    first, last = scan.index(start.line, start.column), scan.index(end.line, end.column)
    sign = scan.words[first]
    if sign in ("'", '"'):
        return quote_not_closed(_at(file, scan, first), sign) if scan.swallows(first, last) else None
    for number in range(start.line, end.line + 1):
        begin = first if number == start.line else scan.starts[number]
        written = scan.words[begin : scan.starts[number + 1] if number + 1 < len(scan.starts) else len(scan.words)]
        line = written.lstrip()
        index = begin + len(written) - len(line)
        key, item = _NO_BLANK.match(line), _ITEM.match(line)
        if key is not None:
            return blank_after_colon(_at(file, scan, index + key.end() - 1), key[1])
        if item is not None and line[1] != " ":
            return blank_after_dash(_at(file, scan, index))
        if item is not None:
            return Diagnostic(
                "indentation",
                _at(file, scan, index),
                f"this item of a list is indented below the text of line {start.line + 1}",
                "It would be part of that text.",
                "Indent it like the other items, or remove the text behind the key.",
            )
    return None


def _at(file: str, scan: Scan, index: int) -> Position:
    line, column = scan.place(index)
    return Position(file, line, column)
