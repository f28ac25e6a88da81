"""Suggestions: templates of the pack with patient and order filled in. Checked as FHIR when the plan is loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cds.errors import ContentError
from cds.language.plan import ACTIONS, Plan, SuggestionPlan
from cds.values.diagnostic import Diagnostic, Position
from cds.wire.call import HookContext
from cds.wire.reference import instance
from cds.wire.response import Action, Suggestion

MOST = 4


def suggestions_for(
    plans: Iterable[SuggestionPlan],
    context: HookContext,
    new_id: Callable[[], str],
    actions: frozenset[str] = ACTIONS,
) -> tuple[Suggestion, ...]:
    """The suggestions of a card: each named one once, at most four; a client that is not R4 gets no resources.

    ``actions`` are those that the client can take.
    """
    named = {plan.name: plan for plan in plans if plan.action in actions}
    r4 = all(order.fhir_version == "R4" for order in context.orders)
    made: list[Suggestion] = []
    for plan in named.values():
        if plan.action == "delete":
            made.extend(
                Suggestion(new_id(), plan.label, (Action("delete", plan.description, None, order.reference),))
                for order in context.orders
                if instance(order.reference)  # else the client could not tell which order is meant
            )
        elif r4:
            made.append(Suggestion(new_id(), plan.label, (Action("create", plan.description, filled(plan, context)),)))
    return tuple(made[:MOST])


def filled(plan: SuggestionPlan, context: HookContext) -> dict[str, Any]:
    """The resource of a suggestion for the patient and, where they are known, encounter and prescriber."""
    subject = {"reference": f"Patient/{context.patient_id}"}
    resource: dict[str, Any] = {**plan.resource}
    resource["for" if resource["resourceType"] == "Task" else "subject"] = subject
    if context.encounter_id:
        resource["encounter"] = {"reference": f"Encounter/{context.encounter_id}"}
    if context.user:
        resource["requester"] = {"reference": context.user}
    return resource


def check_suggestions(
    plan: Plan, models: Callable[[Mapping[str, Any]], str], coded_at: Mapping[str, Position] | None = None
) -> None:
    """Validate every suggestion of a plan as FHIR R4, filled with a sample patient.

    Args:
        models: validates one resource and returns what is wrong with it, or nothing.
        coded_at: where a site gives suggestions its own codes, by their names.

    Raises:
        ContentError: naming each suggestion that is not valid.
    """
    sample = HookContext("sample", "PractitionerRole/sample", "sample")
    named = {
        each.name: each
        for rule in plan.rules
        for case in rule.cases
        if case.finding is not None
        for each in case.finding.suggest
        if each.action == "create"
    }
    pack = Position(f"rules/{plan.name}/pack.yaml", 1, 1)
    wrong = [
        Diagnostic("suggestion", (coded_at or {}).get(name, pack), f"suggestion {name}: {problem}")
        for name, each in named.items()
        if (problem := models(filled(each, sample)))
    ]
    if wrong:
        raise ContentError(wrong)
