"""How a scalar is written: plain where that means the same, else in single quotes, else in double ones."""

from __future__ import annotations

import re

from cds.language.node import Text, plain
from cds.values.diagnostic import Position

_NOWHERE = Position("", 1, 1)
_FIRST = frozenset(",[]{}#&*!|>'\"%@`?-:~=<")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan"})
_NUMBER = re.compile(r"[+-]?[.\d]")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}


def written(value: str, style: str, *, flow: bool) -> str:
    """A scalar on one line.

    Args:
        value: what it means.
        style: the quote in which it stood; empty for none.
        flow: whether it stands between braces or brackets.
    """
    if not style and (value == "" or _fits_plain(value, flow=flow)):
        return value
    if style and _needs_no_quotes(value, flow=flow):
        return value
    if "\n" in value or not value.isprintable():
        return _double(value)
    if "'" in value and '"' not in value and "\\" not in value:
        return f'"{value}"'
    return "'" + value.replace("'", "''") + "'"


def _fits_plain(value: str, *, flow: bool) -> bool:
    """Whether what stood there plain can stay so; a text over several lines may have become another."""
    if "\n" in value or not value.isprintable() or value != value.strip():
        return False
    return not (": " in value or " #" in value or value.endswith(":")) and not (flow and set(value) & set(",[]{}"))


def _needs_no_quotes(value: str, *, flow: bool) -> bool:
    """Whether a text in quotes is the same text without; words and numbers that look like something else keep them."""
    if not value or value[0] in _FIRST or value.lower() in _WORDS or _NUMBER.match(value):
        return False
    if flow and (set(value) & set(",[]{}:") or value.endswith("?")):
        return False
    return _fits_plain(value, flow=flow) and plain(Text(_NOWHERE, value)) == value and not value.startswith("...")


def _double(value: str) -> str:
    return '"' + "".join(_escaped(sign) for sign in value) + '"'


def _escaped(sign: str) -> str:
    if sign in _ESCAPES:
        return _ESCAPES[sign]
    if sign.isprintable():
        return sign
    number = ord(sign)
    return f"\\x{number:02X}" if number < 0x100 else f"\\u{number:04X}" if number < 0x10000 else f"\\U{number:08X}"
