"""``overlaps_new_order``: a signed order whose supply runs on well into that of the new one."""

from __future__ import annotations

from cds.facts.case import Case
from cds.facts.retrieved import Item
from cds.facts.supply import supply_of
from cds.facts.window import evidence
from cds.language.fact import TRUTH, Built, Kind
from cds.language.node import Fields
from cds.language.scope import Scope
from cds.values.known import Outcome, Reason, Unknown, truth, unknown


def build(body: Fields, scope: Scope) -> Built | None:
    """Compile the fact: of another prescriber, or of the same product, and more than so many days are left."""
    retrieve = scope.retrieve(body.get("overlaps_new_order"))
    more_than, longest = scope.days(body.get("more_than")), scope.days(body.get("longest_supply"))
    if retrieve is None or more_than is None or longest is None:
        return None

    def evaluate(case: Case) -> Outcome:
        found = case.retrieved(retrieve)
        overlapping: list[Item] = []
        reasons: list[Unknown] = []
        for item in found.items:
            if not _doubles(item, case):
                continue
            supply = supply_of(item, case.zone, longest)
            if supply is None:
                reasons.append(Unknown(Reason.DATE_MISSING, retrieve.groups[0], item.entry.where))
            elif (supply.end - case.today).days > more_than:
                overlapping.append(item)
        if overlapping:
            return truth(True, evidence(overlapping))
        reasons.extend(found.may_hide(None))
        return unknown(*reasons) if reasons else truth(False)

    return Built(TRUTH, evaluate, (), (retrieve,))


def _doubles(item: Item, case: Case) -> bool:
    requester = item.entry.resource.get("requester")
    by = requester.get("reference") if isinstance(requester, dict) else None
    for order in case.orders:
        if set(order.medication.codings) & set(item.entry.codes):
            return True
        if by and order.requester and by != order.requester:
            return True
    return False


KIND = Kind(
    "overlaps_new_order",
    "Is there a signed order of another prescriber, or of the same product, whose supply overlaps the new order?",
    build,
    {"more_than": "days of overlap that are allowed", "longest_supply": "days assumed where none is stated"},
    ("more_than", "longest_supply"),
)
