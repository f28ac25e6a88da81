"""``ordered``: do the new orders name a product of these value sets?"""

from __future__ import annotations

from cds.facts.case import Case
from cds.facts.identify import find_any
from cds.language.fact import TRUTH, Built, Kind
from cds.language.node import Fields
from cds.language.scope import Scope
from cds.values.known import Evidence, Outcome, truth


def build(body: Fields, scope: Scope) -> Built | None:
    """Compile the fact."""
    codes = scope.code_set(body.get("ordered"))
    if codes is None:
        return None

    def evaluate(case: Case) -> Outcome:
        lines = [(order, find_any(codes, order.medication.codings)) for order in case.orders]
        found = tuple(Evidence(order.reference, None, line.display) for order, line in lines if line is not None)
        return truth(bool(found), found)

    return Built(TRUTH, evaluate)


KIND = Kind("ordered", "Do the new orders name a product of these value sets?", build)
