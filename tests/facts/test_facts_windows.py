"""Windows of days: their first and last day, dates without a day, and results that must lie apart."""

from datetime import date, timedelta
from itertools import combinations, pairwise

import pytest
from facts_samples import SNOMED, ago, case, concept, observation, quantity
from hypothesis import given
from hypothesis import strategies as st

from cds.facts.distinct_days import spaced

TRIGLYCERIDES = "2571-8"
LABORATORY = [concept("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory")]


def triglycerides(on, **members):
    """A triglyceride result."""
    return observation("1", TRIGLYCERIDES, on, valueQuantity=quantity(110, "mg/dL"), **members)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (ago(0), "yes"),
        (ago(-1), "yes"),  # clocks differ
        (ago(-2), "no"),
        (ago(31), "yes"),
        (ago(32), "no"),
        (f"{ago(31)}T00:00:00Z", "yes"),
        (f"{ago(31)}T23:30:00-05:00", "yes"),
        (f"{ago(32)}T23:30:00-05:00", "yes"),  # the next day in UTC
        (f"{ago(31)}T00:30:00+02:00", "no"),  # the day before in UTC
        ("2026-11", "yes"),
        ("2026-10", "no"),
        ("2026", "no"),
        (None, "no"),
        ("yesterday", "no"),
    ],
)
def test_a_baseline_counts_for_31_days_in_the_sites_time_zone(plan, facts, on, expected):
    """Both ends of the window count; what cannot be placed inside is none on file."""
    found = case(plan, labs=[triglycerides(on)]).outcome(facts["baseline-triglycerides.on_file"])
    assert found.state == expected


@pytest.mark.parametrize(("on", "reason"), [("2026-10", "date_too_coarse"), (None, "date_missing")])
def test_a_result_that_cannot_be_placed_is_named(plan, facts, on, reason):
    """The result counts as absent for "is one on file?" and is told with its reason."""
    found = case(plan, labs=[triglycerides(on)]).outcome(facts["baseline-triglycerides.on_file"])
    assert [str(note.reason) for note in found.notes] == [reason]


def negative(name, on, **members):
    """A negative pregnancy test of a laboratory."""
    return observation(
        name,
        "2106-3",
        on,
        **{"valueCodeableConcept": concept(SNOMED, "260385009"), "category": LABORATORY, **members},
    )


@pytest.mark.parametrize(("days", "expected"), [(0, "yes"), (6, "yes"), (7, "no")])
def test_the_day_of_collection_is_day_one(plan, facts, days, expected):
    """Seven days, the day of collection being the first of them."""
    assert case(plan, labs=[negative("1", ago(days))]).state(facts["qualifying_test_in_window"]) == expected


@pytest.mark.parametrize(
    ("days", "enough", "apart"),
    [
        ([], "no", "no"),
        ([2], "no", "no"),
        ([2, 2], "no", "no"),
        ([2, 20], "no", "no"),  # 18 days apart
        ([2, 21], "yes", "no"),  # 19
        ([2, 31], "yes", "no"),  # 29
        ([2, 32], "yes", "yes"),  # 30
        ([2, 90], "yes", "yes"),
        ([2, 91], "no", "no"),  # beyond the look-back
        ([2, 12, 22, 32], "yes", "yes"),
    ],
)
def test_two_tests_count_when_they_lie_apart(plan, facts, days, enough, apart):
    """Tests less than 19 days apart count as one; the label asks for 30 days."""
    patient = case(plan, labs=[negative(str(index), ago(each)) for index, each in enumerate(days)])
    assert patient.state(facts["enough_negative_tests"]) == enough
    assert patient.state(facts["tests_well_spaced"]) == apart


@pytest.mark.parametrize(
    ("members", "counts"),
    [
        ({"performer": [{"reference": "Organization/1"}], "category": None}, True),
        ({"performer": [{"reference": "Practitioner/1"}], "category": None}, True),
        ({"performer": [{"reference": "https://ehr.example.org/fhir/PractitionerRole/1"}]}, True),
        ({"performer": [{"type": "Organization", "display": "Laboratory"}]}, True),
        ({}, True),
        ({"category": None}, False),
        ({"performer": [{"reference": "Patient/p1"}]}, False),
        ({"performer": [{"reference": "RelatedPerson/1"}]}, False),
        ({"performer": [{"reference": "Patient/p1"}, {"reference": "Practitioner/1"}]}, False),
        ({"method": concept(text="Home test")}, False),
        ({"note": [{"text": "Self-reported by phone"}]}, False),
        ({"note": [{"text": "homeless shelter visit"}]}, True),
        ({"status": "preliminary"}, False),
        ({"status": "amended"}, True),
    ],
)
def test_a_test_before_the_start_counts_from_a_medical_setting_only(plan, facts, members, counts):
    """By its performer, else by its category; a home or self-reported test is none before the first dose."""
    patient = case(plan, labs=[negative("1", ago(2), **members)])
    assert patient.state(facts["qualifying_test_in_window"]) == ("yes" if counts else "no")


@pytest.mark.parametrize("performer", ["Patient/p1", "RelatedPerson/1", "Practitioner/1"])
def test_in_the_course_a_home_test_counts(plan, facts, performer):
    """The monthly test may be done anywhere."""
    patient = case(plan, labs=[negative("1", ago(2), performer=[{"reference": performer}])])
    assert patient.state(facts["negative_test_in_window"]) == "yes"


@given(st.lists(st.integers(0, 60), max_size=7), st.integers(0, 40))
def test_days_are_picked_so_that_as_many_as_possible_lie_apart(offsets, apart):
    """The count is the greatest that any choice of days reaches."""
    days = [date(2026, 1, 1) + timedelta(days=each) for each in offsets]
    distinct = sorted(set(days))
    best = max(
        len(chosen)
        for size in range(len(distinct) + 1)
        for chosen in combinations(distinct, size)
        if all((later - earlier).days >= apart for earlier, later in pairwise(chosen))
    )
    assert spaced(days, apart) == best
