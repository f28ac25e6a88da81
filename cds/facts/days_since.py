"""``days_since``: whole days from the day of a value fact until today."""

from __future__ import annotations

from cds.facts.case import Case
from cds.language.fact import VALUE, Built, Kind
from cds.language.node import Fields, Text
from cds.language.scope import Scope
from cds.values.known import KNOWN, Outcome
from cds.values.quantity import Quantity


def build(body: Fields, scope: Scope) -> Built | None:
    """Compile the fact."""
    node = body.get("days_since")
    fact = scope.fact(node) if isinstance(node, Text) else None
    if fact is None:
        return None
    words = scope.word("shown_days", "{n} d")

    def evaluate(case: Case) -> Outcome:
        outcome = case.outcome(fact)
        if outcome.state != KNOWN or outcome.on is None:
            return outcome
        days = (case.today - outcome.on).days
        return Outcome(
            KNOWN,
            Quantity(float(days), "d", shown=words.replace("{n}", str(days))),
            outcome.on,
            evidence=outcome.evidence,
        )

    return Built(VALUE, evaluate, (fact,), unit="d")


KIND = Kind("days_since", "Whole days from the day of a value fact until today.", build)
