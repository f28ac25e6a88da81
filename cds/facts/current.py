"""``current``: a medicine whose period or supply, refills included, covers today; active without an end counts."""

from __future__ import annotations

from datetime import timedelta

from cds.facts.case import Case
from cds.facts.retrieved import Item
from cds.facts.supply import stated_days, stated_end
from cds.facts.window import PLAIN_NO, evidence
from cds.language.fact import TRUTH, Built, Kind
from cds.language.node import Fields
from cds.language.scope import Scope
from cds.values.known import Outcome, Reason, Unknown, truth, unknown


def covers_today(item: Item, case: Case) -> bool | None:
    """Whether a medicine is being taken today; None when its supply is stated and its date is not."""
    end = stated_end(item.entry.resource, case.zone, validity=True)
    if end is not None:
        return end >= case.today
    days = stated_days(item.entry.resource)
    if days is None:
        return True
    if item.day is None:
        return None
    return item.day + timedelta(days=round(min(days, 3650))) >= case.today


def spans(item: Item, case: Case) -> int:
    """Days from the start of a medicine to its stated end, or to today where none is stated; undated: very many."""
    if item.day is None:
        return 3650
    days = stated_days(item.entry.resource)
    end = stated_end(item.entry.resource, case.zone, validity=True) or (
        item.day + timedelta(days=round(min(days, 3650))) if days is not None else case.today
    )
    return (max(end, case.today) - item.day).days


def build(body: Fields, scope: Scope) -> Built | None:
    """Compile the fact."""
    retrieves = scope.retrieves(body.get("current"))
    lasting = scope.days(body.get("lasting")) if "lasting" in body else 0
    if not retrieves or lasting is None:
        return None
    least = lasting

    def evaluate(case: Case) -> Outcome:
        if all(case.retrieved(each).is_bare for each in retrieves):
            return PLAIN_NO
        taken: list[Item] = []
        reasons: list[Unknown] = []
        notes: list[Unknown] = []
        for retrieve in retrieves:
            found = case.retrieved(retrieve)
            for item in found.items:
                covers = covers_today(item, case)
                if covers and spans(item, case) < least:
                    continue
                if covers:
                    taken.append(item)
                elif covers is None:
                    undated = Unknown(Reason.DATE_MISSING, retrieve.groups[0], item.entry.where)
                    (reasons if retrieve.doubtful == "unknown" else notes).append(undated)
            reasons.extend(found.may_hide(None))
            notes.extend(each.why for each in found.flawed)
        if taken:
            return truth(True, evidence(taken))
        return unknown(*reasons) if reasons else truth(False, notes=tuple(notes))

    return Built(TRUTH, evaluate, (), retrieves)


KIND = Kind(
    "current",
    "Is one of these medicines being taken today?",
    build,
    {"lasting": "only where its course, so far or as ordered, lasts so many days"},
)
