"""``distinct_days``: are there at least so many results, on days that lie so far apart?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from cds.facts.case import Case
from cds.facts.window import evidence, opening, place
from cds.language.fact import TRUTH, Built, Kind
from cds.language.node import Fields
from cds.language.scope import Scope
from cds.values.known import Outcome, truth, unknown
from cds.values.quantity import Quantity


def spaced(days: list[date], apart: int) -> int:
    """The most days that can be picked so that neighbours lie at least ``apart`` days apart (same day: one)."""
    count, last = 0, None
    for day in sorted(set(days)):
        if last is None or (day - last).days >= apart:
            count, last = count + 1, day
    return count


def build(body: Fields, scope: Scope) -> Built | None:
    """Compile the fact."""
    retrieve = scope.retrieve(body.get("distinct_days"))
    wanted, apart = scope.count(body.get("at_least")), scope.days(body.get("apart"))
    within = scope.days(body.get("dated_within"))
    if retrieve is None or wanted is None or apart is None or within is None:
        return None

    def evaluate(case: Case) -> Outcome:
        found = case.retrieved(retrieve)
        since = opening(case.today, within)
        placed = place(found.items, since, retrieve.groups[0])
        days = [item.day for item in placed.inside if item.day is not None]
        count = spaced(days, max(apart, 1))
        counted = Quantity(float(count), "", shown=str(count))
        if count >= wanted:
            return replace(truth(True, evidence(placed.inside)), value=counted)
        hidden = found.may_hide(since)
        if retrieve.doubtful == "unknown":
            hidden = (*hidden, *placed.doubtful)
        notes = (*placed.doubtful, *(each.why for each in found.flawed))
        if hidden:
            return unknown(*hidden)
        return replace(truth(False, evidence(placed.inside), notes), value=counted)

    return Built(TRUTH, evaluate, (), (retrieve,), days_back=within)


KIND = Kind(
    "distinct_days",
    "Are there at least so many results on days that lie far enough apart?",
    build,
    {
        "at_least": "how many",
        "apart": "days between neighbours; 0 days: on different days",
        "dated_within": "only in the last so many days",
    },
    ("at_least", "apart", "dated_within"),
)
