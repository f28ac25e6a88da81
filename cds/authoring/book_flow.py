"""The flow diagram of a rule: boxes with their places, ready to be drawn as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from cds.findings.rule_view import CaseView

WIDTH = 860
_LEFT, _RIGHT, _GAP = 460, 320, 26
_LINE, _PAD = 18, 10
_LEFT_CHARS, _RIGHT_CHARS = 60, 40


@dataclass(frozen=True)
class Box:
    """A box with its lines of text; ``x`` and ``y`` are its upper left corner, in pixels."""

    x: int
    y: int
    width: int
    height: int
    lines: tuple[tuple[int, str], ...]
    look: str


@dataclass(frozen=True)
class Step:
    """One case: what is asked, and where it leads when it is so; ``middle`` is the height of the arrow."""

    question: Box
    outcome: Box
    middle: int


@dataclass(frozen=True)
class Flow:
    """A diagram: steps from top to bottom, the first that holds decides."""

    width: int
    height: int
    steps: tuple[Step, ...]


def flow(cases: Sequence[CaseView], headlines: Sequence[str]) -> Flow:
    """Lay out the cases of a rule."""
    steps = []
    y = 4
    for case, headline in zip(cases, headlines, strict=True):
        asked = _wrapped([f"{'or ' if place else ''}{each}?" for place, each in enumerate(case.when)], _LEFT_CHARS)
        ends = [f"{case.result} ({case.indicator})", headline] if case.indicator else [case.result, headline]
        said = _wrapped(ends, _RIGHT_CHARS)
        height = max(len(asked), len(said)) * _LINE + 2 * _PAD
        look = case.indicator or ("silent" if case.result == "no card" else "open")
        question = _box(4, y, _LEFT, height, asked, "question")
        outcome = _box(WIDTH - _RIGHT - 4, y, _RIGHT, height, said, look)
        steps.append(Step(question, outcome, y + height // 2))
        y += height + _GAP
    return Flow(WIDTH, y - _GAP + 4, tuple(steps))


def _wrapped(texts: Sequence[str], width: int) -> list[str]:
    return [line for each in texts for line in wrap(each, width) or [""]]


def _box(x: int, y: int, width: int, height: int, lines: Sequence[str], look: str) -> Box:
    placed = tuple((y + _PAD + 13 + number * _LINE, line) for number, line in enumerate(lines))
    return Box(x, y, width, height, placed, look)
