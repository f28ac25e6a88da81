"""``long_since``: is there something that a retrieve describes, dated at least so many days ago, or without a date?"""

from __future__ import annotations

from datetime import timedelta

from cds.facts.case import Case
from cds.facts.window import any_outcome, evidence
from cds.language.fact import TRUTH, Built, Kind
from cds.language.node import Fields
from cds.language.retrieve import Retrieve
from cds.language.scope import Scope
from cds.values.dates import Coarse, Day
from cds.values.known import Outcome, truth, unknown


def build(body: Fields, scope: Scope) -> Built | None:
    """Compile the fact. What has no exact date counts as long since: its start is not known to be recent."""
    retrieves, days = scope.retrieves(body.get("long_since")), scope.days(body.get("at_least"))
    if not retrieves or days is None:
        return None

    def one(case: Case, retrieve: Retrieve) -> Outcome:
        found = case.retrieved(retrieve)
        limit = case.today - timedelta(days=days)
        old = []
        for item in found.items:
            match item.when:
                case Day(day) if day > limit:
                    continue
                case Coarse(earliest=earliest) if earliest > limit:
                    continue
                case _:
                    old.append(item)
        if old:
            return truth(True, evidence(old))
        hidden = found.may_hide(None)
        return unknown(*hidden) if hidden else truth(False, evidence(found.items))

    return Built(TRUTH, lambda case: any_outcome([one(case, each) for each in retrieves]), (), retrieves)


KIND = Kind(
    "long_since",
    "Is there a resource that is dated at least so many days ago, or has no exact date?",
    build,
    {"at_least": "so many days"},
    ("at_least",),
)
