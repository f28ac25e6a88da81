"""Whose resource it is. One patient's data must never reach another's answer."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

from cds.wire.reference import id_of, literal

_WITHOUT_PATIENT = frozenset({"PractitionerRole", "Practitioner", "Organization", "Medication", "Location"})
_ODDLY_NAMED = frozenset({"Patient", "Appointment"})


class Whose(Enum):
    """Whom a resource concerns: the patient of the call, another, or nobody can tell."""

    THIS_PATIENTS = auto()
    ANOTHERS = auto()
    UNREADABLE = auto()


def whose(resource: Mapping[str, Any], type: str, patient_id: str) -> Whose:
    """Whom a resource concerns, by its subject, patient or participants; one that names nobody is this patient's."""
    subject = resource.get("subject")
    if isinstance(subject, dict) and "patient" not in resource and type not in _ODDLY_NAMED:
        plainly = subject.get("reference")  # as nearly every resource has it
        if plainly is not None and plainly == f"Patient/{patient_id}":
            return Whose.THIS_PATIENTS
    if type in _WITHOUT_PATIENT:
        return Whose.THIS_PATIENTS
    if type == "Patient":
        return _by_id(resource.get("id"), patient_id)
    if type == "Appointment":
        return _by_participants(resource.get("participant"), patient_id)
    found = [_by_reference(resource[name], patient_id) for name in ("subject", "patient") if name in resource]
    if Whose.ANOTHERS in found:
        return Whose.ANOTHERS
    return Whose.UNREADABLE if Whose.UNREADABLE in found else Whose.THIS_PATIENTS


def _by_id(name: object, patient_id: str) -> Whose:
    if name is None or name == patient_id:
        return Whose.THIS_PATIENTS
    return Whose.ANOTHERS if isinstance(name, str) else Whose.UNREADABLE


def _by_reference(value: object, patient_id: str) -> Whose:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if value is None:
        return Whose.THIS_PATIENTS
    if not isinstance(value, dict):
        return Whose.UNREADABLE
    text = value.get("reference")
    if text is None:
        return Whose.THIS_PATIENTS
    if not isinstance(text, str) or text.startswith("#"):
        return Whose.UNREADABLE
    return Whose.THIS_PATIENTS if _is(text, patient_id) else Whose.ANOTHERS


def _by_participants(value: object, patient_id: str) -> Whose:
    """An appointment is another's when patients are named, and this one is not among them."""
    participants = value if isinstance(value, list) else [value]
    actors = [literal(each.get("actor")) for each in participants if isinstance(each, dict)]
    patients = [text for text in actors if id_of(text, "Patient") or "Patient/" in text]
    if not patients or any(_is(text, patient_id) for text in patients):
        return Whose.THIS_PATIENTS
    return Whose.ANOTHERS


def _is(reference: str, patient_id: str) -> bool:
    if not patient_id:
        return False
    plain = (f"Patient/{patient_id}", f"urn:uuid:{patient_id}")
    return reference in plain or id_of(reference, "Patient") == patient_id
