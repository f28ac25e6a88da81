"""Literal FHIR references: absolute and relative ones to the same resource read alike."""

from __future__ import annotations

import re

_ID = re.compile(r"[A-Za-z0-9\-._]{1,128}")
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")


def literal(value: object) -> str:
    """The literal reference of a ``Reference`` object or of a bare string; empty when there is none."""
    if isinstance(value, dict):
        value = value.get("reference")
    return value.strip() if isinstance(value, str) else ""


def is_id(text: str) -> bool:
    """Whether text is an id that may stand in a URL: FHIR's characters and the underscore, up to 128 of them.

    Dots alone are refused: ``..`` has FHIR's characters, but in a URL it leaves the path.
    """
    return _ID.fullmatch(text) is not None and text.strip(".") != ""


def instance(reference: str) -> str:
    """``Type/id`` of the resource that a reference names, without server and version.

    Empty for contained references, ``urn:`` references and anything else that names no type and id. Two references
    with the same result are equal only as far as both speak of one server (checklist H-7).

    >>> instance("https://ehr.example.org/fhir/Patient/17/_history/2")
    'Patient/17'
    """
    parts = reference.split("/")
    if len(parts) >= 4 and parts[-2] == "_history":
        parts = parts[:-2]
    if len(parts) < 2 or (len(parts) > 2 and not reference.startswith(("http://", "https://"))):
        return ""
    kind, name = parts[-2:]
    return f"{kind}/{name}" if _TYPE.fullmatch(kind) and is_id(name) else ""


def id_of(reference: str, kind: str) -> str:
    """The bare id that a reference to a resource of one type carries; empty for another type or an unsafe id.

    >>> id_of("Patient/17", "Patient"), id_of("17", "Patient"), id_of("Group/17", "Patient")
    ('17', '17', '')
    """
    if is_id(reference):
        return reference
    named, _, name = instance(reference).partition("/")
    return name if named == kind else ""
