"""Diagnostics for a person at a terminal: place, what is wrong, the line with a caret, what it means, what to write."""

from __future__ import annotations

from collections.abc import Iterable

from cds.values.diagnostic import Diagnostic

_INDENT = "    "
_WIDE = 400
"""Of a longer line only the part around the caret is shown."""


def render_text(diagnostics: Iterable[Diagnostic]) -> str:
    """All diagnostics, an empty line between them; empty for none."""
    return "\n\n".join(_block(each) for each in diagnostics)


def _block(found: Diagnostic) -> str:
    lines = [f"{found.at}: {found.severity}[{found.id}] {found.what}"]
    if found.line:
        lines += _source(found)
    lines += [_INDENT + sentence for sentence in (found.meaning, found.remedy) if sentence]
    return "\n".join(lines)


def _source(found: Diagnostic) -> list[str]:
    gutter = f"{found.at.line} | "
    first = max(0, found.at.column - _WIDE // 2) if len(found.line) > _WIDE else 0
    line = found.line[first : first + _WIDE]
    before = line[: found.at.column - 1 - first]
    # A tab before the caret keeps its own width, whatever the terminal makes of it.
    padding = "".join("\t" if char == "\t" else " " for char in before)
    width = max(1, min(found.at.end_column - found.at.column, len(line) - len(before)))
    return [gutter + line, " " * len(gutter) + padding + "^" + "~" * (width - 1)]
