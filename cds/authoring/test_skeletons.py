"""The smallest FHIR R4 resource of each type: what the type requires, and where code, date and status stand in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_CERTAINTY = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
_ALLERGY = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
_ALLERGY_CERTAINTY = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
_PLACES = "http://terminology.hl7.org/CodeSystem/v3-ActCode"

_COMMON = frozenset({"date", "code", "display", "text", "status", "group", "elements"})
_MEASURED = frozenset(
    {"value", "answer", "answer_text", "interpretation", "category", "performer", "method", "note", "upper_limit"}
)
_DISPENSED = _COMMON | {"supply", "route", "form"}
_STATED = _COMMON | {"until", "route", "form"}
_SUPPLIED = frozenset({"supply", "refills", "until", "route", "form", "dose", "times_a_day"})


@dataclass(frozen=True)
class Skeleton:
    """How a type is written.

    Attributes:
        start: its required elements for a patient (a bare id), without code, date and status.
        code_at: element of the code; a dot leads into the one member of an array of objects.
        code_repeats: whether the code's element is an array.
        date_at: element of the date.
        clinical: systems of clinical and verification status, of a problem or allergy.
        fields: keys of a data line that it can have.
        dated: whether a line without a date is dated today.
    """

    start: Callable[[str], dict[str, Any]]
    code_at: str = "code"
    code_repeats: bool = False
    date_at: str = ""
    clinical: tuple[str, str] = ("", "")
    fields: frozenset[str] = _COMMON
    dated: bool = True


def _subject(patient: str) -> dict[str, Any]:
    return {"subject": {"reference": f"Patient/{patient}"}}


def _intended(patient: str) -> dict[str, Any]:
    return {"intent": "order", **_subject(patient)}


def _drug(**more: Any) -> Skeleton:
    return Skeleton(code_at="medicationCodeableConcept", **{"fields": _COMMON | _SUPPLIED, **more})


SKELETONS: Mapping[str, Skeleton] = {
    "Observation": Skeleton(_subject, date_at="effectiveDateTime", fields=_COMMON | _MEASURED),
    "Condition": Skeleton(
        _subject,
        date_at="recordedDate",
        clinical=(_CLINICAL, _CERTAINTY),
        fields=_COMMON | {"verification", "category", "note"},
    ),
    "Procedure": Skeleton(_subject, date_at="performedDateTime", fields=_COMMON | {"note"}),
    "MedicationRequest": _drug(start=_intended, date_at="authoredOn"),
    "MedicationDispense": _drug(start=_subject, date_at="whenHandedOver", fields=_DISPENSED),
    "MedicationStatement": _drug(start=_subject, date_at="effectiveDateTime", fields=_STATED),
    "ServiceRequest": Skeleton(_intended, date_at="authoredOn"),
    "AllergyIntolerance": Skeleton(
        lambda patient: {"patient": {"reference": f"Patient/{patient}"}},
        date_at="recordedDate",
        clinical=(_ALLERGY, _ALLERGY_CERTAINTY),
        fields=_COMMON | {"verification"},
    ),
    "PractitionerRole": Skeleton(
        lambda patient: {"active": True, "practitioner": {"reference": f"Practitioner/{practitioner_of(patient)}"}},
        code_at="specialty",
        code_repeats=True,
        date_at="period.start",
        dated=False,
    ),
    "CareTeam": Skeleton(
        lambda patient: {
            **_subject(patient),
            "participant": [{"member": {"reference": f"Practitioner/{patient}-member"}}],
        },
        code_at="participant.role",
        code_repeats=True,
        date_at="period.start",
        dated=False,
    ),
    "Encounter": Skeleton(
        lambda patient: {**_subject(patient), "class": {"system": _PLACES, "code": "AMB"}},
        code_at="serviceType",
        date_at="period.start",
    ),
    "Communication": Skeleton(_subject, code_at="topic", date_at="sent"),
    "Appointment": Skeleton(
        lambda patient: {
            "participant": [{"actor": {"reference": f"Patient/{patient}"}, "status": "accepted"}],
        },
        code_at="specialty",
        code_repeats=True,
        date_at="start",
    ),
    "Consent": Skeleton(
        lambda patient: {
            "patient": {"reference": f"Patient/{patient}"},
            "scope": {"text": "treatment"},
            "policyRule": {"text": "opt-in"},
        },
        code_at="category",
        code_repeats=True,
        date_at="dateTime",
    ),
}
"""By resource type; a retrieve of another type cannot be written in tests yet."""


def practitioner_of(patient: str) -> str:
    """The id of the practitioner who orders for a test's patient."""
    return f"{patient}-prescriber"


def role_of(patient: str) -> str:
    """The id of the role as which that practitioner works."""
    return f"{patient}-role"


def put(resource: dict[str, Any], path: str, value: Any) -> None:
    """Set an element; a dot leads into an object, or into the first member of an array of objects."""
    name, _, rest = path.partition(".")
    if not rest:
        resource[name] = value
        return
    inner = resource.setdefault(name, {})
    put(inner[0] if isinstance(inner, list) else inner, rest, value)
