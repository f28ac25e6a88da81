"""Which date of a resource counts."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from chart_samples import UTC

from cds.chart.when import clinical_date, inferred
from cds.values.dates import NO_DATE, Coarse, Day

A, B, C = "2026-01-01", "2026-02-02", "2026-03-03"


@pytest.mark.parametrize(
    ("type", "resource", "day"),
    [
        ("Observation", {"effectiveDateTime": A, "issued": B}, A),
        ("Observation", {"effectivePeriod": {"start": A, "end": B}, "issued": C}, B),
        ("Observation", {"effectiveInstant": "2026-02-02T10:00:00Z", "issued": C}, B),
        ("Observation", {"issued": "2026-03-03T10:00:00Z"}, C),
        ("Procedure", {"performedDateTime": A}, A),
        ("Procedure", {"performedPeriod": {"start": A, "end": B}}, B),
        ("Procedure", {"performedPeriod": {"start": A}}, A),
        ("Procedure", {"occurrencePeriod": {"start": A, "end": B}}, B),
        ("Condition", {"onsetPeriod": {"start": A}, "recordedDate": B}, A),
        ("Condition", {"recordedDate": B}, B),
        ("MedicationRequest", {"authoredOn": A}, A),
        ("MedicationDispense", {"whenPrepared": A, "whenHandedOver": B}, B),
        ("MedicationStatement", {"effectivePeriod": {"start": A}, "dateAsserted": B}, A),
        ("ServiceRequest", {"occurrenceDateTime": A}, A),
        ("AllergyIntolerance", {"recordedDate": A}, A),
        ("Encounter", {"period": {"start": A, "end": B}}, A),
        ("Communication", {"sent": A}, A),
        ("Consent", {"dateTime": A}, A),
        ("Appointment", {"start": "2026-01-01T08:00:00Z"}, A),
    ],
)
def test_each_type_has_its_order(type: str, resource: dict[str, Any], day: str) -> None:
    """Clinical specification 6: collection before report, operation before record."""
    assert clinical_date(resource, type, UTC) == Day(date.fromisoformat(day))


@pytest.mark.parametrize(
    ("type", "resource"),
    [
        ("Procedure", {"performedString": "last year"}),
        ("Observation", {"effectiveDateTime": "soon", "issued": A}),
        ("Observation", {"effectivePeriod": [A]}),
        ("Unheard", {"date": A}),
        ("Observation", {}),
    ],
)
def test_no_date_is_better_than_a_wrong_one(type: str, resource: dict[str, Any]) -> None:
    """A date that cannot be read is not replaced by a later element, which could make an old result look new."""
    assert clinical_date(resource, type, UTC) == NO_DATE


def test_a_month_stays_a_month() -> None:
    """Design section 3: a date too coarse for a window is known to be so."""
    found = clinical_date({"effectiveDateTime": "2026-02", "issued": C}, "Observation", UTC)
    assert found == Coarse(date(2026, 2, 1), date(2026, 2, 28))


def test_an_explicit_order_overrides() -> None:
    """A retrieve may ask for another element than its type's first."""
    problem = {"onsetDateTime": A, "recordedDate": B}
    assert clinical_date(problem, "Condition", UTC, ("recordedDate", "onsetDateTime")) == Day(date(2026, 2, 2))


def test_days_are_counted_in_the_sites_zone() -> None:
    """Data conventions: calendar days in the site's time zone."""
    found = clinical_date({"effectiveDateTime": "2026-02-02T03:00:00Z"}, "Observation", ZoneInfo("America/New_York"))
    assert found == Day(date(2026, 2, 1))


def test_a_date_from_issued_is_inferred() -> None:
    """Clinical specification 6: the date of the report is flagged as inferred."""
    assert inferred({"issued": A})
    assert inferred({"issued": A, "effectivePeriod": {"start": A}})
    assert not inferred({"issued": A, "effectiveDateTime": A})
    assert not inferred({})
