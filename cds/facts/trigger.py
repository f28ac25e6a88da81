"""Which of the new orders are orders of the plan's drug, and how they were recognised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cds.facts.identify import WAYS, Identity, identify
from cds.language.plan import Plan
from cds.wire.call import Order


@dataclass(frozen=True)
class Triggered:
    """The orders that ask for an evaluation: one evaluation for all of them.

    Attributes:
        orders: the orders of the drug.
        by: how the surest of them was recognised; empty when there is none.
        unidentified: how many orders could not be told to be any drug, for counter and log.
    """

    orders: tuple[Order, ...] = ()
    by: str = ""
    unidentified: int = 0


def triggered(orders: Iterable[Order], plan: Plan, hook: str) -> Triggered:
    """Recognise the plan's drug among new orders; an order that was called off, or must not be given, is none."""
    found: list[tuple[Order, Identity]] = []
    unidentified = 0
    for order in orders:
        if order.do_not_perform or order.status in plan.ignored_statuses:
            continue
        if order.intent in plan.tentative_intents and hook not in plan.tentative_hooks:
            continue
        medication = order.medication
        identity = identify(medication, plan.drug)
        if identity is not None:
            found.append((order, identity))
        elif not (medication.codings or medication.texts or medication.ingredients):
            unidentified += 1
    surest = min((WAYS.index(identity.by) for _, identity in found), default=None)
    return Triggered(tuple(order for order, _ in found), WAYS[surest] if surest is not None else "", unidentified)
