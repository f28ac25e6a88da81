"""``illegible``: does a data group hold resources of which nobody can tell what they are?"""

from __future__ import annotations

from cds.facts.case import Case
from cds.language.fact import TRUTH, Built, Kind
from cds.language.node import Fields
from cds.language.scope import Scope
from cds.values.known import Evidence, Outcome, truth, unknown


def build(body: Fields, scope: Scope) -> Built | None:
    """Compile the fact over the groups of a retrieve."""
    retrieve = scope.retrieve(body.get("illegible"))
    if retrieve is None:
        return None

    def evaluate(case: Case) -> Outcome:
        found = case.retrieved(retrieve)
        if found.broken:
            evidence = tuple(Evidence(each.where or each.group, None, "cannot be read") for each in found.broken[:4])
            return Outcome("yes", why=found.broken, evidence=evidence)
        return unknown(*found.why) if found.why else truth(False)

    return Built(TRUTH, evaluate, (), (retrieve,))


KIND = Kind("illegible", "Does the data group of a retrieve hold resources that cannot be read at all?", build)
