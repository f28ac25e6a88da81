"""``exists``: is there anything that a retrieve describes, within a number of days, or since a day?"""

from __future__ import annotations

from datetime import timedelta

from cds.facts.case import Case
from cds.facts.window import any_outcome, exists, opening
from cds.language.fact import TRUTH, Built, Fact, Kind
from cds.language.node import Fields, Text
from cds.language.retrieve import Retrieve
from cds.language.scope import Scope
from cds.values.known import ABSENT, UNKNOWN, Outcome, truth, unknown


def build(body: Fields, scope: Scope) -> Built | None:
    """Compile the fact."""
    retrieves = scope.retrieves(body.get("exists"))
    within = scope.days(body.get("dated_within")) if "dated_within" in body else None
    day_one = scope.option(body.get("first_day_counts")) == "yes"
    start_node = body.get("since")
    start = scope.fact(start_node) if isinstance(start_node, Text) else None
    plus = scope.days(body.get("plus")) if "plus" in body else 0
    minus = scope.days(body.get("minus")) if "minus" in body else 0
    undated = scope.option(body.get("undated_counts")) == "yes"
    if not retrieves or plus is None or minus is None or (start_node is not None and start is None):
        return None

    def evaluate(case: Case) -> Outcome:
        if start is not None:
            return _since(case, start, plus - minus, retrieves)
        since = opening(case.today, within, day_one)
        return any_outcome([exists(case.retrieved(each), since, undated) for each in retrieves])

    back = within if start is None else None
    return Built(TRUTH, evaluate, (start,) if start else (), retrieves, days_back=back)


def _since(case: Case, start: Fact, plus: int, retrieves: tuple[Retrieve, ...]) -> Outcome:
    begun = case.outcome(start)
    if begun.state == UNKNOWN:
        return unknown(*begun.why)
    if begun.state == ABSENT or begun.on is None:
        return truth(False)
    since = begun.on + timedelta(days=plus)
    return any_outcome([exists(case.retrieved(each), since) for each in retrieves])


KIND = Kind(
    "exists",
    "Is there a resource that one of the retrieves describes?",
    build,
    {
        "dated_within": "only in the last so many days, today included",
        "undated_counts": "yes: a resource without a date counts as one inside the window",
        "first_day_counts": "yes: the day of the resource is day one of the window",
        "since": "only on or after the day of this value fact",
        "plus": "with since: from so many days later",
        "minus": "with since: from so many days earlier",
    },
)
