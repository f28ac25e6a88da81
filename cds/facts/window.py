"""Windows of days: which items lie inside, which outside, and which cannot be placed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cds.facts.retrieved import Item, Retrieved
from cds.values.dates import Coarse, Day, NoDate
from cds.values.known import NO, YES, Evidence, Outcome, Reason, Unknown, truth, unknown

PLAIN_NO = truth(False)
SHOWN = 4  # pieces of evidence that a card or an explanation names


@dataclass(frozen=True, slots=True)
class Placed:
    """Items of a retrieve against a window: inside it, and those that cannot be placed, with the reason."""

    inside: tuple[Item, ...]
    doubtful: tuple[Unknown, ...]


def place(items: Iterable[Item], since: date | None, group: str) -> Placed:
    """Sort items by a window that opens on a day (None: no window; then even an undated item is inside)."""
    inside: list[Item] = []
    doubtful: list[Unknown] = []
    for item in items:
        if since is None:
            inside.append(item)
            continue
        when = item.when
        if isinstance(when, Day):
            if when.day >= since:
                inside.append(item)
        elif isinstance(when, Coarse):
            if when.earliest >= since:
                inside.append(item)
            elif when.latest >= since:
                doubtful.append(Unknown(Reason.DATE_TOO_COARSE, group, item.entry.where))
        else:
            doubtful.append(Unknown(Reason.DATE_MISSING, group, item.entry.where))
    return Placed(tuple(inside), tuple(doubtful))


def opening(today: date, days: int | None, first_day_counts: bool = False) -> date | None:
    """The first day of a window that ends today: ``days`` ago, or one day later where the first day is day one."""
    if days is None:
        return None
    return today - timedelta(days=days - 1 if first_day_counts else days)


def exists(found: Retrieved, since: date | None, undated_counts: bool = False) -> Outcome:
    """Whether anything that a retrieve describes lies in a window."""
    if found.is_bare:
        return PLAIN_NO
    group = found.retrieve.groups[0]
    placed = place(found.items, since, group)
    undated = [item for item in found.items if isinstance(item.when, NoDate)] if undated_counts and since else []
    if placed.inside or undated:
        return truth(True, evidence((*placed.inside, *undated)))
    hidden = found.may_hide(since)
    notes = (*placed.doubtful, *(each.why for each in found.flawed))
    if found.retrieve.doubtful == "unknown":
        hidden = (*hidden, *placed.doubtful)
    return unknown(*hidden) if hidden else truth(False, notes=notes)


def evidence(items: Iterable[Item]) -> tuple[Evidence, ...]:
    """The newest items as evidence, undated ones last."""
    newest = sorted(items, key=lambda item: item.day or date.min, reverse=True)
    return tuple(item.evidence for item in newest[:SHOWN])


def any_outcome(several: Sequence[Outcome]) -> Outcome:
    """Kleene's *or* over outcomes, with the evidence of those that hold or the reasons of those that are open."""
    if len(several) == 1:
        return several[0]
    held = [each for each in several if each.state == YES]
    if held:
        return truth(True, tuple(piece for each in held for piece in each.evidence)[:SHOWN])
    reasons = [why for each in several if each.state != NO for why in each.why]
    if reasons:
        return unknown(*reasons)
    notes = tuple(note for each in several for note in each.notes)
    return truth(False, notes=notes) if notes else PLAIN_NO
