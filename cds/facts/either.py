"""``either``: the first of several value facts that has a value."""

from __future__ import annotations

from cds.facts.case import Case
from cds.language.fact import VALUE, Built, Kind
from cds.language.node import Fields, texts
from cds.language.scope import Scope
from cds.values.known import ABSENT, Outcome


def build(body: Fields, scope: Scope) -> Built | None:
    """Compile the fact; all of its facts must carry quantities of one unit."""
    facts = tuple(found for name in texts(body.get("either")) if (found := scope.fact(name)) is not None)
    units = {fact.built.unit for fact in facts}
    if len(facts) < 2 or len(units) != 1:
        scope.report.error("either", body.at, "either: needs two or more value facts of one unit")
        return None

    def evaluate(case: Case) -> Outcome:
        for fact in facts:
            outcome = case.outcome(fact)
            if outcome.state != ABSENT:
                return outcome
        return Outcome(ABSENT, notes=case.outcome(facts[0]).notes)

    return Built(VALUE, evaluate, facts, (), unit=units.pop())


KIND = Kind("either", "The first of the value facts that has a value, or that could not be checked.", build)
