"""``offered``: does the client supply an optional data group at all?"""

from __future__ import annotations

from cds.facts.case import Case
from cds.language.fact import TRUTH, Built, Kind
from cds.language.node import Fields
from cds.language.scope import Scope
from cds.values.known import Evidence, Outcome, truth


def build(body: Fields, scope: Scope) -> Built | None:
    """Compile the fact over the group of a retrieve."""
    retrieve = scope.retrieve(body.get("offered"))
    if retrieve is None:
        return None

    def evaluate(case: Case) -> Outcome:
        arrivals = [case.chart.arrivals.get(group) for group in retrieve.groups]
        here = [each for each in arrivals if each is not None and not each.left_out]
        return truth(bool(here), tuple(Evidence(each.group.name, None, "offered") for each in here))

    return Built(TRUTH, evaluate, (), (retrieve,), days_back=0)


KIND = Kind("offered", "Does the client supply the optional data group of a retrieve at all?", build)
