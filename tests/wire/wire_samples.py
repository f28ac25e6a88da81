"""Values that the wire tests share: hooks, orders, requests, schemas. Drugs and people are made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cds.language.hook import Hook
from cds.wire.response import Action, Card, Coding, Link, SourceRef, Suggestion

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures" / "cdshooks"
SIGN = Hook("order-sign", "about to sign", "1.0", "draftOrders")
SELECT = Hook("order-select", "selected", "1.0", "draftOrders", "selections")
VIEW = Hook("patient-view", "chart opened", "1.0")
DRUGS = "http://drugs.example.org"
UUID = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
SOURCE = SourceRef("A guideline", "https://a.example.org", Coding("urn:a:topic", "labs"))
BARE = Card(UUID, "One sentence.", "info", "", SourceRef("A guideline"))
FULL = Card(
    UUID,
    "One sentence.",
    "critical",
    "**More** words",
    SOURCE,
    suggestions=(
        Suggestion(
            UUID,
            "Do it",
            (
                Action("create", "Order a test", {"resourceType": "ServiceRequest", "status": "draft"}),
                Action("delete", "Remove the order", resource_id="MedicationRequest/1"),
            ),
        ),
    ),
    override_reasons=(Coding("urn:a:reason", "done", "Done elsewhere"),),
    links=(Link("Logic", "https://cds.example.org/rules/a"),),
    extension={"a.card": {"findings": [{"id": "X-01"}]}},
)


def schema(name: str) -> dict[str, Any]:
    """A JSON Schema of hooks/schemas."""
    return json.loads((ROOT / "hooks" / "schemas" / f"{name}.schema.json").read_text())


def fixture(name: str) -> bytes:
    """The bytes of a real request."""
    return (FIXTURES / f"{name}.json").read_bytes()


def concept(code: str = "11", text: str = "") -> dict[str, Any]:
    """A CodeableConcept of the made-up drug terminology."""
    return {"coding": [{"system": DRUGS, "code": code}], **({"text": text} if text else {})}


def order(name: str = "1", **members: Any) -> dict[str, Any]:
    """An R4 MedicationRequest for patient p1; a member that is None is taken out."""
    resource = {
        "resourceType": "MedicationRequest",
        "id": name,
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": concept(),
        "subject": {"reference": "Patient/p1"},
        **members,
    }
    return {key: value for key, value in resource.items() if value is not None}


def bundle(*resources: Any, **members: Any) -> dict[str, Any]:
    """A Bundle of resources, one entry each."""
    return {"resourceType": "Bundle", "entry": [{"resource": each} for each in resources], **members}


def request(hook: str = "order-sign", context: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    """A request as CDS Hooks has it, with some members of the context or of the envelope replaced."""
    return {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "fhirServer": "https://ehr.example.org/fhir",
        "fhirAuthorization": {
            "access_token": "a.b-c",
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": "patient/Observation.read",
            "subject": "cds",
            "patient": "p1",
        },
        "context": {"userId": "Practitioner/u1", "patientId": "p1", "draftOrders": bundle(order()), **(context or {})},
        "prefetch": {"labs": {"resourceType": "Bundle"}, "patient": None},
        **members,
    }


def body(given: Any) -> bytes:
    """A request as bytes."""
    return json.dumps(given).encode()
