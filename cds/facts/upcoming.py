"""``upcoming``: is something planned for today or the next days?"""

from __future__ import annotations

from datetime import timedelta

from cds.facts.case import Case
from cds.facts.window import evidence
from cds.language.fact import TRUTH, Built, Kind
from cds.language.node import Fields
from cds.language.scope import Scope
from cds.values.known import Outcome, truth, unknown


def build(body: Fields, scope: Scope) -> Built | None:
    """Compile the fact."""
    retrieves, within = scope.retrieves(body.get("upcoming")), scope.days(body.get("within"))
    if not retrieves or within is None:
        return None

    def evaluate(case: Case) -> Outcome:
        last = case.today + timedelta(days=within)
        found = [case.retrieved(each) for each in retrieves]
        planned = [item for each in found for item in each.items if item.day and case.today <= item.day <= last]
        if planned:
            return truth(True, evidence(planned))
        hidden = [why for each in found for why in each.may_hide(case.today)]
        return unknown(*hidden) if hidden else truth(False)

    return Built(TRUTH, evaluate, (), retrieves, days_back=0)


KIND = Kind(
    "upcoming",
    "Is something planned for today or the next days?",
    build,
    {"within": "how many days ahead"},
    ("within",),
)
