"""Collects diagnostics, all of them at once, with the source line that each concerns."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from cds.values.diagnostic import Diagnostic, Position, Severity

_LINE_END = re.compile("\r\n|\r|\n")
"""The ends of lines that editors count; Python would see others too, such as a form feed."""


class Report:
    """Where the loader, the prover and the lints put what they find; nothing stops at the first problem."""

    def __init__(self) -> None:
        self._found: dict[Diagnostic, None] = {}
        self._sources: dict[str, list[str]] = {}

    def add_source(self, file: str, words: str) -> None:
        """Remember a file's lines, for the caret under a message."""
        self._sources[file] = _LINE_END.split(words)

    def error(self, id: str, at: Position, what: str, meaning: str = "", remedy: str = "") -> None:
        """Something that must be mended before the content can be served."""
        self._add(id, at, what, meaning, remedy, Severity.ERROR)

    def warning(self, id: str, at: Position, what: str, meaning: str = "", remedy: str = "") -> None:
        """Something that should be mended, and does not stop a start."""
        self._add(id, at, what, meaning, remedy, Severity.WARNING)

    def _add(self, id: str, at: Position, what: str, meaning: str, remedy: str, severity: Severity) -> None:
        lines = self._sources.get(at.file, [])
        line = lines[at.line - 1] if 0 < at.line <= len(lines) else ""
        self._found.setdefault(Diagnostic(id, at, what, meaning, remedy, severity, line))

    @property
    def found(self) -> tuple[Diagnostic, ...]:
        """All diagnostics, in the order of files and lines."""
        return tuple(sorted(self._found, key=lambda each: (each.at, each.id)))

    @property
    def errors(self) -> int:
        """How many errors were found."""
        return sum(each.severity is Severity.ERROR for each in self._found)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence that offers the nearest known names, or lists what is known when that is short; else empty."""
    names = sorted(set(known))
    near = difflib.get_close_matches(word, names, n=2, cutoff=0.6)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    if 0 < len(names) <= 12:
        return f"Known here: {', '.join(names)}."
    return ""
