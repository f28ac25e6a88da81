"""The status by which a resource counts or does not, by type (FHIR R4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from cds.values.dates import Day, read_date
from cds.wire.medication import codings

NEVER = "never"
CLINICAL = frozenset({"Condition", "AllergyIntolerance"})
"""Types whose status is the clinical one."""
_NEVER_VERIFIED = frozenset({"refuted", "entered-in-error"})


def status_of(resource: Mapping[str, Any], type: str, today: date, zone: ZoneInfo) -> str:
    """The status: clinical status of problems and allergies, ``active`` or ``inactive`` of a role, else ``status``.

    A refuted or mistaken problem has the status ``never``. A problem without clinical status is active unless it has
    ended. Empty when a resource that must have a status has none.
    """
    if type in CLINICAL:
        return _clinical(resource, today, zone)
    if type == "PractitionerRole":
        return "inactive" if resource.get("active") is False else "active"
    status = resource.get("status")
    return status if isinstance(status, str) else ""


def _clinical(resource: Mapping[str, Any], today: date, zone: ZoneInfo) -> str:
    if any(code.code in _NEVER_VERIFIED for code in codings(resource.get("verificationStatus"))):
        return NEVER
    clinical = next((code.code for code in codings(resource.get("clinicalStatus"))), "active")
    return "resolved" if clinical == "active" and _ended(resource, today, zone) else clinical


def _ended(resource: Mapping[str, Any], today: date, zone: ZoneInfo) -> bool:
    period = resource.get("abatementPeriod")
    stated = resource.get("abatementDateTime") or (period.get("end") if isinstance(period, Mapping) else None)
    if stated is not None:
        when = read_date(stated, zone)
        return not (isinstance(when, Day) and when.day > today)
    return any(
        resource.get(name) not in (None, False) for name in ("abatementString", "abatementBoolean", "abatementAge")
    )
