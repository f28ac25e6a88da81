"""Escaping for GitHub Flavored Markdown: text that did not come from our own content must mean only itself."""

from __future__ import annotations

import re

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ufeff\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")


def escape(text: str) -> str:
    """Text as literal Markdown: every ASCII punctuation mark escaped, control characters turned into blanks."""
    return _PUNCTUATION.sub(r"\\\1", plain(text))


def plain(text: str) -> str:
    """Text on one line without control characters, for places that are no Markdown, such as a summary."""
    return _CONTROL.sub(" ", text).strip()
