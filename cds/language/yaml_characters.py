"""Characters that a file of content never needs, and that make it mean something else than it shows."""

from __future__ import annotations

import re
import unicodedata

from cds.values.diagnostic import Diagnostic, Position

_STRANGE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\u2028-\u202e\u2060\u2066-\u2069\ufeff\ufffe\uffff\U0001fffe\U0001ffff]"
)
_WIDE_BLANK = re.compile("^[ \t]*[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]", re.MULTILINE)
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BREAKS = re.compile("\r\n|\r|\n")


def strange_character(file: str, words: str) -> Diagnostic | None:
    """The first character that does not show, turns the text around, or indents a line without being a blank.

    Args:
        file: its name as shown in messages.
        words: the text.
    """
    found = _STRANGE.search(words)
    if found is not None:
        sign = found[0]
        name = unicodedata.name(sign, "a control character").lower()
        turns = "Text around it shows in another order than it is read." if sign in _TURNS else ""
        return Diagnostic(
            "control-character",
            place(file, words, found.start()),
            f"here stands the character U+{ord(sign):04X} ({name}), which does not show",
            turns or "Nobody who reads the file can see that it is there.",
            "Remove it; it often comes along with text copied from another program.",
        )
    blank = _WIDE_BLANK.search(words)
    if blank is not None:
        return Diagnostic(
            "control-character",
            place(file, words, blank.end() - 1),
            f"this line is indented with U+{ord(words[blank.end() - 1]):04X}, which only looks like a blank",
            "It would be part of the key.",
            "Write plain blanks; it often comes along with text copied from another program.",
        )
    return None


def place(file: str, words: str, index: int) -> Position:
    """The position of an index in a text with the line ends of any system."""
    lines = _BREAKS.split(words[:index])
    return Position(file, len(lines), len(lines[-1]) + 1)
