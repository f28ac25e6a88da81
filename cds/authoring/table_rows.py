"""The decision table of a rule: rows that no combination of states shares, and of which each combination has one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cds.language.fact import Fact
from cds.language.plan import Case, Rule
from cds.language.prove import States, space_of
from cds.language.scope import Condition
from cds.values.known import UNKNOWN

Box = tuple[frozenset[str], ...]
"""For each fact of the table the states that a row stands for."""


@dataclass(frozen=True)
class Row:
    """One row: the states of each fact, and the case that holds there."""

    states: Box
    case: Case


@dataclass(frozen=True)
class DecisionTable:
    """A rule as rows. ``facts`` are its columns, ``combinations`` what the proof looked at."""

    rule: Rule
    facts: tuple[Fact, ...]
    rows: tuple[Row, ...]
    combinations: tuple[States, ...]

    def rows_of(self, states: States) -> tuple[Row, ...]:
        """The rows that stand for a combination of states; in a proved rule exactly one."""
        return tuple(row for row in self.rows if _stands_for(row.states, self.facts, states))


def domain(fact: Fact) -> tuple[str, ...]:
    """The states of a fact in their order, unknown last."""
    return (*fact.domain, UNKNOWN)


def decision_table(rule: Rule) -> DecisionTable | None:
    """The table of a proved rule; None when it asks for more combinations than are proved.

    A row is one condition of a case, as its author wrote it. Where conditions of a case overlap, the later one stands
    only for what is left; where two of them differ in one fact alone, they become one row. Combinations that no
    patient can be in make no row.
    """
    space = space_of(rule)
    if space is None:
        return None
    rows: list[Row] = []
    for case in rule.cases:
        boxes: list[Box] = []
        for condition in case.when:
            left = [_box(condition, space.facts)]
            for taken in boxes:
                left = [part for each in left for part in _without(each, taken)]
            boxes += left
        real = [each for each in boxes if any(_stands_for(each, space.facts, one) for one in space.combinations)]
        rows += [Row(each, case) for each in _joined(real)]
    return DecisionTable(rule, space.facts, tuple(rows), space.combinations)


def _box(condition: Condition, facts: Iterable[Fact]) -> Box:
    allowed: dict[str, frozenset[str]] = {}
    for fact, states in condition:
        allowed[fact.name] = states & allowed.get(fact.name, states)
    return tuple(frozenset(allowed.get(fact.name, domain(fact))) for fact in facts)


def _stands_for(box: Box, facts: Iterable[Fact], states: States) -> bool:
    return all(states[fact.name] in allowed for fact, allowed in zip(facts, box, strict=True))


def _without(box: Box, taken: Box) -> list[Box]:
    """What is left of a box, in boxes that do not overlap."""
    if not all(one & other for one, other in zip(box, taken, strict=True)):
        return [box]
    parts: list[Box] = []
    rest = box
    for place, other in enumerate(taken):
        outside = rest[place] - other
        if outside:
            parts.append((*rest[:place], outside, *rest[place + 1 :]))
        rest = (*rest[:place], rest[place] & other, *rest[place + 1 :])
    return parts


def _joined(boxes: list[Box]) -> list[Box]:
    """Fewer boxes for the same: two that differ in one place become one, the first pair first."""
    joined = list(boxes)
    while (pair := _pair(joined)) is not None:
        first, second = pair
        one, other = joined[first], joined.pop(second)
        joined[first] = tuple(mine | yours for mine, yours in zip(one, other, strict=True))
    return joined


def _pair(boxes: list[Box]) -> tuple[int, int] | None:
    for second in range(1, len(boxes)):
        for first in range(second):
            if sum(one != other for one, other in zip(boxes[first], boxes[second], strict=True)) == 1:
                return first, second
    return None
