"""Codings, code systems under their several names, and sets of codes with what is known of each code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Code:
    """A code within its system. Codes are never compared without their system: ``6064`` alone is a drug in one
    system and nothing in another."""

    system: str
    code: str


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One line of a value set: the code, how it is displayed, and its properties."""

    code: Code
    display: str
    short: str
    descendants: bool = False
    score: int | None = None
    strength: str = ""
    doubtful: str = ""
    source: str = ""


@dataclass(frozen=True)
class CodeSet:
    """A value set, ready for lookup: exact codes first, then codes that stand for all their descendants.

    In hierarchical systems (ICD-10-CM, ATC) a descendant's code begins with its ancestor's, so a line with
    ``descendants`` is found by shortening the code that came.
    """

    name: str
    title: str
    lines: tuple[CodeLine, ...]
    exact: Mapping[Code, CodeLine] = field(repr=False)
    ancestors: Mapping[Code, CodeLine] = field(repr=False)
    excluded: Mapping[Code, str] = field(repr=False)

    def find(self, code: Code) -> CodeLine | None:
        """The line that covers a code, or None when the set does not hold it."""
        line = self.exact.get(code)
        if line is not None or not self.ancestors:
            return line
        text = code.code
        if code in self.excluded:
            return None
        for length in range(len(text) - 1, 1, -1):
            shorter = Code(code.system, text[:length])
            if shorter in self.excluded:
                return None
            line = self.ancestors.get(shorter)
            if line is not None:
                return line
        return None

    def __iter__(self) -> Iterator[CodeLine]:
        return iter(self.lines)


def code_set(name: str, title: str, lines: Iterable[CodeLine], excluded: Mapping[Code, str] | None = None) -> CodeSet:
    """Build a set and its lookup tables from its lines; ``excluded`` maps codes to the reason why they are not in."""
    kept = tuple(lines)
    return CodeSet(
        name=name,
        title=title,
        lines=kept,
        exact={line.code: line for line in kept},
        ancestors={line.code: line for line in kept if line.descendants},
        excluded=dict(excluded or {}),
    )


def union(sets: Iterable[CodeSet]) -> CodeSet:
    """One set that holds the lines of several; what one of them excludes by name, another may hold."""
    several = tuple(sets)
    if len(several) == 1:
        return several[0]
    held = {line.code for each in several for line in each.lines}
    return code_set(
        name=" + ".join(each.name for each in several),
        title=", ".join(each.title for each in several),
        lines=(line for each in several for line in each.lines),
        excluded={code: why for each in several for code, why in each.excluded.items() if code not in held},
    )
