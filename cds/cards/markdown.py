"""Escaping for GitHub Flavored Markdown: text that did not come from our own content must mean only itself."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_\[\]<>&#|~!$@{}^])")
_AUTOLINK = re.compile(r"(?<=[A-Za-z0-9])(:)(?=//)|(?<=www)(\.)", re.IGNORECASE)
_LINE_START = re.compile(r"^(\s*)(?:([-+=:])|(\d+)([.)])(?=\s|\Z))")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")


def escape(text: str) -> str:
    """Text as literal Markdown on one line.

    Only what Markdown would read as markup is escaped, since some clients show the text as it stands: its special
    characters, what would start a list or a heading, and what would become a link by itself.
    """
    escaped = _SPECIAL.sub(r"\\\1", plain(text))
    escaped = _AUTOLINK.sub(lambda found: "\\" + found[0], escaped)
    return _LINE_START.sub(_literal_start, escaped)


def _literal_start(found: re.Match[str]) -> str:
    blank, mark, digits, after = found.groups()
    return f"{blank}\\{mark}" if mark else f"{blank}{digits}\\{after}"


def plain(text: str) -> str:
    """Text on one line without control characters, for places that are no Markdown, such as a summary."""
    return _CONTROL.sub(" ", text).strip()
