"""What the new orders ask for, taken together: dose a day, days of supply, refills."""

from __future__ import annotations

from collections.abc import Callable

from cds.facts.case import Case
from cds.facts.dosage import daily_milligrams, positive
from cds.facts.identify import identify
from cds.facts.supply import quantity_days, stated_days
from cds.language.fact import VALUE, Built, Kind
from cds.language.node import Fields, Text
from cds.language.report import did_you_mean
from cds.language.retrieve import Drug
from cds.language.scope import Scope
from cds.values.known import ABSENT, KNOWN, Evidence, Outcome, Reason, Unknown, unknown
from cds.values.quantity import Quantity, number
from cds.wire.call import Order

Measure = Callable[[Order, str], float | None]


def strength_of(order: Order, drug: Drug) -> str:
    """The strength of one piece as the order's product or its text states it; empty when it does not."""
    identity = identify(order.medication, drug)
    return identity.strength if identity is not None else ""


def daily(order: Order, strength: str) -> float | None:
    """Milligrams a day."""
    return daily_milligrams(order.resource, strength)


def supply(order: Order, strength: str) -> float | None:
    """Days that one filling lasts, refills left aside."""
    request = order.resource.get("dispenseRequest")
    repeats = positive(request.get("numberOfRepeatsAllowed")) if isinstance(request, dict) else None
    days = stated_days(order.resource)
    if days is None:
        days = quantity_days(order.resource, strength)
    return days / (1 + (repeats or 0)) if days is not None else None


def refills(order: Order, _strength: str) -> float | None:
    """Refills; an order that states none has none."""
    request = order.resource.get("dispenseRequest")
    stated = request.get("numberOfRepeatsAllowed") if isinstance(request, dict) else None
    return positive(stated) or 0.0


def _builder(keyword: str, measure: Measure, unit: str, join: Callable[[list[float]], float]) -> Kind:
    def build(body: Fields, scope: Scope) -> Built | None:
        node = body.get(keyword)
        drug = scope.names.drugs.get(node.value) if isinstance(node, Text) else None
        if drug is None:
            advice = did_you_mean(node.value if isinstance(node, Text) else "", scope.names.drugs)
            scope.report.error("unknown-drug", body.at, f"{keyword} needs a drug of the pack", remedy=advice)
            return None

        words = scope.word(_SHOWN[unit], "{n}")

        def evaluate(case: Case) -> Outcome:
            if not case.orders:
                return Outcome(ABSENT)
            measured = [(order, measure(order, strength_of(order, drug))) for order in case.orders]
            open_ones = [order for order, amount in measured if amount is None]
            if open_ones:
                return unknown(*(Unknown(Reason.UNUSABLE_VALUE, "", order.reference) for order in open_ones))
            total = join([amount for _, amount in measured if amount is not None])
            shown = words.replace("{n}", number(total))
            evidence = tuple(Evidence(order.reference, None, shown) for order, _ in measured)
            return Outcome(KNOWN, Quantity(total, unit, shown=shown), evidence=evidence)

        return Built(VALUE, evaluate, unit=unit)

    return Kind(keyword, _DOES[keyword], build)


_SHOWN = {"mg/d": "shown_daily_dose", "d": "shown_days", "{count}": ""}
_DOES = {
    "daily_dose": "Milligrams a day of the new orders of a drug, taken together.",
    "supply_days": "Days that a filling of the new orders lasts, the longest of them.",
    "refills": "Refills of the new orders, the most of them.",
}

KINDS = (
    _builder("daily_dose", daily, "mg/d", sum),
    _builder("supply_days", supply, "d", max),
    _builder("refills", refills, "{count}", max),
)
