"""Diagnostics as a person at a terminal reads them."""

from __future__ import annotations

from cds.values.diagnostic import Diagnostic


def shown(found: Diagnostic) -> str:
    """Place, severity, id and message; the source line with a caret; what it means; what to write instead."""
    lines = [f"{found.at}: {found.severity}[{found.id}] {found.what}"]
    if found.line:
        number = str(found.at.line)
        # A tab before the caret keeps its own width, whatever the terminal makes of it.
        before = "".join("\t" if char == "\t" else " " for char in found.line[: found.at.column - 1])
        width = max(1, found.at.end_column - found.at.column)
        lines.append(f"  {number} | {found.line}")
        lines.append(f"  {' ' * len(number)} | {before}{'^' * width}")
    lines.extend(f"  {each}" for each in (found.meaning, found.remedy) if each)
    return "\n".join(lines)
