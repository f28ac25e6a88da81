"""Which of a resource's dates is its clinical date: when a sample was taken, an operation done, a drug ordered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from cds.values.dates import NO_DATE, Day, When, read_date

_OBSERVED = ("effectiveDateTime", "effectivePeriod.end", "effectiveInstant")
_PERFORMED = (
    "performedDateTime",
    "performedPeriod.end",
    "performedPeriod.start",
    "occurrenceDateTime",
    "occurrencePeriod.end",
    "occurrencePeriod.start",
)
_STATED = ("effectiveDateTime", "effectivePeriod.start", "dateAsserted")

_ORDER: Mapping[str, tuple[str, ...]] = {
    "Observation": (*_OBSERVED, "issued"),
    "Procedure": _PERFORMED,
    "Condition": ("onsetDateTime", "onsetPeriod.start", "recordedDate"),
    "MedicationRequest": ("authoredOn",),
    "MedicationOrder": ("dateWritten",),
    "MedicationDispense": ("whenHandedOver", "whenPrepared"),
    "MedicationStatement": _STATED,
    "MedicationUsage": _STATED,
    "ServiceRequest": ("authoredOn", "occurrenceDateTime"),
    "AllergyIntolerance": ("recordedDate",),
    "Encounter": ("period.start", "actualPeriod.start"),
    "CarePlan": ("period.start", "created"),
    "CareTeam": ("period.start",),
    "PractitionerRole": ("period.start",),
    "Communication": ("sent",),
    "Consent": ("dateTime", "date"),
    "Appointment": ("start",),
    "QuestionnaireResponse": ("authored",),
}

# What a server sorts by, where that is one plain date of each resource. A Condition is never known before its onset,
# so `-recorded-date` bounds its clinical date too; `-onset-date` would not bound a recorded date, and is left out.
_SORTED_BY: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("Observation", "-date"): _OBSERVED,
    ("Procedure", "-date"): _PERFORMED,
    ("Condition", "-recorded-date"): ("recordedDate",),
    ("MedicationRequest", "-authoredon"): ("authoredOn",),
    ("MedicationDispense", "-whenhandedover"): ("whenHandedOver",),
    ("MedicationStatement", "-effective"): ("effectiveDateTime", "effectivePeriod.start"),
    ("ServiceRequest", "-authored"): ("authoredOn",),
    ("AllergyIntolerance", "-date"): ("recordedDate",),
    ("Encounter", "-date"): ("period.start",),
    ("Communication", "-sent"): ("sent",),
    ("Consent", "-date"): ("dateTime",),
    ("Appointment", "-date"): ("start",),
    ("QuestionnaireResponse", "-authored"): ("authored",),
}
_PERIODS = ("effectivePeriod", "performedPeriod", "occurrencePeriod", "period")


def clinical_date(resource: Mapping[str, Any], type: str, zone: ZoneInfo, order: tuple[str, ...] = ()) -> When:
    """The date that counts for a resource: the first one present in its type's order.

    A date that is present but unreadable is not replaced by a later element of the order, which could make an old
    result look new: the answer then is ``NO_DATE``.

    Args:
        resource: plain FHIR JSON.
        type: its resource type.
        zone: the site's time zone, in which a time becomes a day.
        order: element names instead of the type's own, such as ``("recordedDate", "onsetDateTime")``; a dot leads
            into a period.
    """
    for path in order or _ORDER.get(type, ()):
        text = _at(resource, path)
        if text is not None:
            return read_date(text, zone)
    return NO_DATE


def inferred(resource: Mapping[str, Any]) -> bool:
    """Whether an Observation says when its report was issued, but not when it was observed."""
    return resource.get("issued") is not None and all(_at(resource, path) is None for path in _OBSERVED)


def sort_date(resource: Mapping[str, Any], type: str, sort: str, zone: ZoneInfo) -> When:
    """The date by which a server puts a resource in order, as far as that is beyond doubt; otherwise ``NO_DATE``.

    Servers differ in whether a period sorts by its start or its end, so one that spans several days is in doubt.

    Args:
        resource: plain FHIR JSON.
        type: its resource type.
        sort: the query's ``_sort`` value; its first key counts.
        zone: the site's time zone.
    """
    for path in _SORTED_BY.get((type, sort.partition(",")[0]), ()):
        text = _at(resource, path)
        if text is None:
            continue
        period = path.partition(".")[0]
        if period in _PERIODS:
            start, end = (read_date(_at(resource, f"{period}.{bound}"), zone) for bound in ("start", "end"))
            return start if isinstance(start, Day) and start == end else NO_DATE
        return read_date(text, zone)
    return NO_DATE


def _at(resource: Mapping[str, Any], path: str) -> object:
    name, _, inner = path.partition(".")
    value = resource.get(name)
    if not inner:
        return value
    return value.get(inner) if isinstance(value, dict) else None
