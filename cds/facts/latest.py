"""``latest`` and ``highest``: the newest, or the greatest, value that a retrieve finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from cds.facts.case import Case
from cds.facts.retrieved import Item
from cds.facts.window import opening, place
from cds.language.fact import VALUE, Built, Kind
from cds.language.node import Fields
from cds.language.scope import Scope
from cds.values.known import ABSENT, KNOWN, Outcome, unknown

Choice = Callable[[Item], tuple[object, ...]]

_NONE = Outcome(ABSENT)


def _newest(item: Item) -> tuple[object, ...]:
    """By day; of one day the greater value, so that the worse of two results counts."""
    return (item.day or date.min, item.value.value if item.value is not None else 0.0)


def _greatest(item: Item) -> tuple[object, ...]:
    return (item.value.value if item.value is not None else 0.0, item.day or date.min)


def _builder(keyword: str, choice: Choice) -> Callable[[Fields, Scope], Built | None]:
    def build(body: Fields, scope: Scope) -> Built | None:
        retrieve = scope.retrieve(body.get(keyword))
        within = scope.days(body.get("dated_within")) if "dated_within" in body else None
        if retrieve is None:
            return None

        def evaluate(case: Case) -> Outcome:
            found = case.retrieved(retrieve)
            if found.is_bare:
                return _NONE
            since = opening(case.today, within)
            placed = place((item for item in found.items if item.day is not None), since, retrieve.groups[0])
            undated = place((item for item in found.items if item.day is None), since or date.min, retrieve.groups[0])
            best = max((*placed.inside, *undated.inside), key=choice, default=None)
            from_day = best.day if best is not None and keyword == "latest" else since
            hidden = found.may_hide(from_day)
            if retrieve.doubtful == "unknown":
                hidden = (*hidden, *undated.doubtful)
            if hidden and best is not None and best.value is not None and keyword == "highest":
                at_least = replace(best.value, comparator=best.value.comparator or ">=")  # what is hidden may be higher
                return Outcome(KNOWN, at_least, best.day, evidence=(best.evidence,))
            if hidden:
                return unknown(*hidden)
            notes = (*undated.doubtful, *(each.why for each in found.flawed))
            if best is None:
                return Outcome(ABSENT, notes=notes)
            return Outcome(KNOWN, best.value or best.label, best.day, evidence=(best.evidence,), notes=notes)

        unit = retrieve.scale.unit if retrieve.scale is not None else ("{score}" if retrieve.value == "score" else "")
        return Built(VALUE, evaluate, (), (retrieve,), unit=unit, days_back=within)

    return build


_KEYS = {"dated_within": "only in the last so many days, today included"}

LATEST = Kind("latest", "The newest result; of one day the greater value.", _builder("latest", _newest), _KEYS)
HIGHEST = Kind("highest", "The greatest result.", _builder("highest", _greatest), _KEYS)
