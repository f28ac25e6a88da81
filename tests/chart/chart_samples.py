"""Small resources and groups for the chart tests; codes are made up, since the chart knows no clinical word."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import orjson

from cds.language.group import DataGroup
from cds.values.codes import Code
from cds.wire.call import Authority, Call, HookContext

UTC = ZoneInfo("UTC")
SYSTEM = "http://codes.example"

PATIENT = DataGroup("patient", "the patient", "Patient", "", "context.patientId")
LABS = DataGroup(
    "labs",
    "results",
    "Observation",
    "patient",
    "context.patientId",
    (Code(SYSTEM, "a"), Code(SYSTEM, "b"), Code(SYSTEM, "panel")),
    "-date",
)
CONDITIONS = DataGroup("conditions", "problems", "Condition", "patient", "context.patientId")
DRUGS = DataGroup("medications", "medicines", "MedicationRequest", "patient", "context.patientId", (), "-authoredon")
ROLE = DataGroup("role", "role", "PractitionerRole", "", "userPractitionerRoleId", alternative_to="roles")
ROLES = DataGroup("roles", "roles", "PractitionerRole", "practitioner", "userPractitionerId", alternative_to="role")
VISITS = DataGroup("appointments", "visits", "Appointment", "patient", "context.patientId", optional=True)
ENCOUNTER = DataGroup("encounter", "this visit", "Encounter", "", "context.encounterId")


def code(name: str) -> dict[str, Any]:
    return {"coding": [{"system": SYSTEM, "code": name}]}


def lab(name: str, day: str | None = "2026-11-20", patient: str = "p1", **more: Any) -> dict[str, Any]:
    dated = {} if day is None else {"effectiveDateTime": day}
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": code("a"),
        "subject": {"reference": f"Patient/{patient}"},
        **dated,
        **more,
    }


def drug(name: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": name,
        "status": "active",
        "intent": "order",
        "authoredOn": "2026-10-01",
        "subject": {"reference": "Patient/p1"},
        **more,
    }


def role(name: str, practitioner: str | None, specialty: str | None = "skin") -> dict[str, Any]:
    found: dict[str, Any] = {"resourceType": "PractitionerRole", "id": name}
    if practitioner is not None:
        found["practitioner"] = {"reference": f"Practitioner/{practitioner}"}
    if specialty is not None:
        found["specialty"] = [code(specialty)]
    return found


def bundle(*resources: Any, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": each} for each in resources],
        **more,
    }


def outcome(severity: str, issue: str = "processing") -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": issue}]}


def call(
    base: str = "",
    user: str = "Practitioner/d1",
    authority: Authority | None = None,
    encounter: str = "",
    **prefetch: Any,
) -> Call:
    return Call(
        hook="order-sign",
        hook_instance="i",
        context=HookContext("p1", user, encounter),
        fhir_server=base,
        authority=authority,
        prefetch={key: orjson.dumps(value) for key, value in prefetch.items()},
    )
