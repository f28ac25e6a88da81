"""``setting``: what a profile or a site decided, as a fact."""

from __future__ import annotations

from cds.facts.case import Case
from cds.language.fact import Built, Kind
from cds.language.node import Fields, Text
from cds.language.scope import Scope
from cds.values.known import Outcome


def build(body: Fields, scope: Scope) -> Built | None:
    """Compile the fact: a parameter with options; its value in force is the state."""
    node = body.get("setting")
    parameter = scope.parameter(node.value) if isinstance(node, Text) else None
    if parameter is None or not parameter.options:
        scope.report.error("setting", body.at, "setting: needs a parameter with options (one_of)")
        return None
    outcome = Outcome(parameter.shown)

    def evaluate(_case: Case) -> Outcome:
        return outcome

    return Built(parameter.options, evaluate)


KIND = Kind("setting", "What a profile or a site decided.", build)
