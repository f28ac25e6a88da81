"""``cumulative_dose``: milligrams of a drug over a course so far. ``per_weight``: a dose by body weight."""

from __future__ import annotations

from cds.facts.case import Case
from cds.facts.dosage import daily_milligrams
from cds.facts.new_order import daily, strength_of, supply
from cds.language.fact import VALUE, Built, Kind
from cds.language.node import Fields, Text
from cds.language.scope import Scope
from cds.values.known import ABSENT, KNOWN, UNKNOWN, Outcome, Reason, Unknown, unknown
from cds.values.quantity import Quantity, number


def build_cumulative(body: Fields, scope: Scope) -> Built | None:
    """Compile ``cumulative_dose``: every supply of the course, and with ``and_new_orders: yes`` the new ones too."""
    node = body.get("cumulative_dose")
    phase = scope.fact(node) if isinstance(node, Text) else None
    drug_node = body.get("drug")
    drug = scope.names.drugs.get(drug_node.value) if isinstance(drug_node, Text) else None
    if phase is None or phase.kind != "phase" or phase.built.detail is None or drug is None:
        scope.report.error("no-course", body.at, "cumulative_dose needs a fact of the kind phase, and a drug")
        return None
    course = phase.built.detail
    with_new = scope.option(body.get("and_new_orders")) == "yes"

    def evaluate(case: Case) -> Outcome:
        found = course(case)
        if found.start_hidden or found.hidden:
            return unknown(*found.start_hidden, *found.hidden)
        by_type: dict[str, float] = {}
        for each in found.supplies:
            dose = daily_milligrams(each.item.entry.resource, each.item.strength)
            if dose is None:
                return unknown(Unknown(Reason.UNUSABLE_VALUE, "", each.evidence.where))
            kind = each.item.entry.type
            by_type[kind] = by_type.get(kind, 0.0) + dose * (each.end - each.start).days
        total = max(by_type.values(), default=0.0)  # an order and its dispense tell of the same capsules
        for order in case.orders if with_new else ():
            strength = strength_of(order, drug)
            dose, days = daily(order, strength), supply(order, strength)
            if dose is None or days is None:
                return unknown(Unknown(Reason.UNUSABLE_VALUE, "", order.reference))
            total += dose * days
        evidence = tuple(each.evidence for each in found.supplies[-1:])
        return Outcome(KNOWN, Quantity(total, "mg", shown=f"{number(total)} mg"), evidence=evidence)

    return Built(VALUE, evaluate, (phase,), phase.built.retrieves, unit="mg")


def build_per_weight(body: Fields, scope: Scope) -> Built | None:
    """Compile ``per_weight``."""
    dose_node, weight_node = body.get("per_weight"), body.get("weight")
    dose = scope.fact(dose_node) if isinstance(dose_node, Text) else None
    weight = scope.fact(weight_node) if isinstance(weight_node, Text) else None
    if dose is None or weight is None or weight.built.unit != "kg" or not dose.built.unit.startswith("mg"):
        scope.report.error("per-weight", body.at, "per_weight needs a dose in mg, or mg a day, and a weight in kg")
        return None
    unit = {"mg/d": "mg/kg/d", "mg": "mg/kg"}[dose.built.unit]
    by_weight = {"mg/kg/d": "shown_daily_dose_by_weight", "mg/kg": "shown_dose_by_weight"}
    words = scope.word(by_weight[unit], "{n} " + unit)

    def evaluate(case: Case) -> Outcome:
        amount, heavy = case.outcome(dose), case.outcome(weight)
        if UNKNOWN in (amount.state, heavy.state):
            return unknown(*amount.why, *heavy.why)
        if not isinstance(amount.value, Quantity) or not isinstance(heavy.value, Quantity) or heavy.value.value <= 0:
            return Outcome(ABSENT)
        ratio = amount.value.value / heavy.value.value
        shown = words.replace("{n}", number(ratio))
        return Outcome(KNOWN, Quantity(ratio, unit, shown=shown), heavy.on, evidence=heavy.evidence)

    return Built(VALUE, evaluate, (dose, weight), unit=unit)


KINDS = (
    Kind(
        "cumulative_dose",
        "Milligrams of the drug over the present course.",
        build_cumulative,
        {"drug": "a drug of the pack", "and_new_orders": "yes: what the new orders add counts too"},
        ("drug",),
    ),
    Kind(
        "per_weight",
        "A dose divided by body weight.",
        build_per_weight,
        {"weight": "the fact with the weight"},
        ("weight",),
    ),
)
