"""A problem found in a file that a person wrote: what, where, what it means, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error stops the start; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file; line and column count from 1, columns in code points."""

    file: str
    line: int
    column: int
    end_column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding of the loader, the prover or a lint.

    Attributes:
        id: the lint's name, which has a page of its own.
        at: where.
        what: what is wrong, in one line.
        meaning: what it would mean for a patient or a prescriber; may be empty.
        remedy: what to write instead; may be empty.
        line: the source line, for the caret; may be empty.
        silenced: why its author lets it stand; empty when nobody does.
    """

    id: str
    at: Position
    what: str
    meaning: str = ""
    remedy: str = ""
    severity: Severity = Severity.ERROR
    line: str = ""
    silenced: str = ""
