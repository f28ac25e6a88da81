"""``context``: what the call itself tells, such as how the ordered drug was recognised."""

from __future__ import annotations

from cds.facts.case import Case
from cds.facts.identify import WAYS
from cds.language.fact import Built, Kind
from cds.language.node import Fields, Text
from cds.language.report import did_you_mean
from cds.language.scope import Scope
from cds.values.known import Outcome

IDENTIFIED_BY = "identified_by"
_DOMAINS = {IDENTIFIED_BY: (*WAYS, "none")}


def build(body: Fields, scope: Scope) -> Built | None:
    """Compile the fact."""
    node = body.get("context")
    if not isinstance(node, Text) or node.value not in _DOMAINS:
        at = node.at if node is not None else body.at
        name = node.value if isinstance(node, Text) else ""
        scope.report.error("context", at, f"the call tells nothing called {name}", remedy=did_you_mean(name, _DOMAINS))
        return None
    name = node.value

    def evaluate(case: Case) -> Outcome:
        return Outcome(case.context.get(name, "none"))

    return Built(_DOMAINS[name], evaluate)


KIND = Kind("context", "What the call itself tells.", build)
