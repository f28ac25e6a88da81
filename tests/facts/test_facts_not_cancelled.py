"""Events that a later event ends: devices and their removals, positive tests and negative ones."""

import pytest
from facts_samples import ATC, ICD, SNOMED, case, concept, observation, resource

INSERTION, REMOVAL = "169553002", "301807007"
POSITIVE, NEGATIVE = "10828004", "260385009"


def procedure(name, code, on, status="completed"):
    """A procedure of the patient."""
    return resource("Procedure", name, status=status, code=concept(SNOMED, code), performedDateTime=on)


def implant(plan, facts, *procedures, **more):
    """Whether an implant is in place."""
    return case(plan, procedures=list(procedures), **more).state(facts["implant_in_place"])


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], "no"),
        ([("2025-06-01", INSERTION)], "yes"),
        ([("1999-01-01", INSERTION)], "no"),  # long past its date
        ([("2022-01-01", INSERTION)], "yes"),
        ([("2025-06-01", INSERTION), ("2026-06-01", REMOVAL)], "no"),
        ([("2025-06-01", REMOVAL), ("2026-06-01", INSERTION)], "yes"),
        ([("2024-06-01", INSERTION), ("2025-06-01", REMOVAL), ("2025-06-02", INSERTION)], "yes"),
        ([("2024-06-01", INSERTION), ("2025-06-01", REMOVAL), ("2025-06-01", INSERTION)], "yes"),
        ([("2025-06-01", INSERTION), ("2025-06-01", REMOVAL)], "yes"),  # exchanged on one day
        ([("2026-06-01", REMOVAL)], "no"),
        ([("2025", INSERTION)], "yes"),
        ([("2024", INSERTION), ("2025-06-01", REMOVAL)], "no"),
        ([("2025", INSERTION), ("2025-06-01", REMOVAL)], "unknown"),
        ([("2025-06-01", INSERTION), ("2025", REMOVAL)], "unknown"),
        ([("2025-06-01", INSERTION), ("2026", REMOVAL)], "no"),
        ([("2025-06-01", INSERTION), (None, REMOVAL)], "unknown"),
        ([(None, INSERTION)], "yes"),
        ([(None, INSERTION), ("2025-06-01", REMOVAL)], "unknown"),
        ([(None, INSERTION), (None, REMOVAL)], "unknown"),
        ([("2025-06-01", INSERTION), ("2026-06-01", REMOVAL), (None, INSERTION)], "unknown"),
    ],
)
@pytest.mark.parametrize("turned", [False, True], ids=["in order", "reversed"])
def test_a_removal_ends_the_insertions_before_it(plan, facts, events, expected, turned):
    """A later removal ends an insertion; on one day it stands; where dates do not tell, nobody knows."""
    made = [procedure(str(index), code, on) for index, (on, code) in enumerate(events)]
    assert implant(plan, facts, *(made[::-1] if turned else made)) == expected


@pytest.mark.parametrize("status", ["not-done", "entered-in-error", "preparation"])
def test_what_was_not_done_neither_starts_nor_ends_anything(plan, facts, status):
    """Only completed procedures count, on either side."""
    assert implant(plan, facts, procedure("1", INSERTION, "2025-06-01", status)) == "no"
    placed = procedure("1", INSERTION, "2025-06-01")
    assert implant(plan, facts, placed, procedure("2", REMOVAL, "2026-06-01", status)) == "yes"


def test_an_order_or_a_diagnosis_of_the_device_is_enough(plan, facts):
    """Each of procedure, order and diagnosis alone is evidence of the device."""
    ordered = resource(
        "MedicationRequest",
        "1",
        status="active",
        authoredOn="2024-01-01",
        medicationCodeableConcept=concept(ATC, "G03AC08"),
    )
    assert implant(plan, facts, medications=[ordered]) == "yes"
    assert implant(plan, facts, procedure("1", REMOVAL, "2025-01-01"), medications=[ordered]) == "no"
    noted = resource("Condition", "1", code=concept(ICD, "Z30.017"), recordedDate="2025-01-01")
    assert implant(plan, facts, conditions=[noted]) == "yes"


def test_a_removal_may_stand_as_an_encounter_diagnosis(plan, facts):
    """A removal recorded as a Condition ends an insertion too."""
    removed = resource("Condition", "1", code=concept(SNOMED, REMOVAL), recordedDate="2026-01-01")
    assert implant(plan, facts, procedure("1", INSERTION, "2025-06-01"), conditions=[removed]) == "no"


@pytest.mark.parametrize("group", ["conditions", "procedures"])
def test_removals_that_were_not_read_leave_a_device_open(plan, facts, group):
    """Where removals could be and were not read, a device is not shown to be in place."""
    ordered = resource(
        "MedicationRequest",
        "1",
        status="active",
        authoredOn="2024-01-01",
        medicationCodeableConcept=concept(ATC, "G03AC08"),
    )
    assert implant(plan, facts, medications=[ordered], unavailable=(group,)) == "unknown"
    assert implant(plan, facts, medications=[ordered], next_pages=(group,)) == "unknown"


# ------------------------------------------------------------------ tests of pregnancy


def hcg(name, on, answer, **members):
    """A pregnancy test."""
    return observation(name, "2106-3", on, valueCodeableConcept=concept(SNOMED, answer), **members)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([], "no"),
        ([("2026-11-20", POSITIVE)], "yes"),
        ([("2026-11-20", NEGATIVE)], "no"),
        ([("2026-11-20", POSITIVE), ("2026-11-22", NEGATIVE)], "no"),
        ([("2026-11-20", NEGATIVE), ("2026-11-22", POSITIVE)], "yes"),
        ([("2026-11-20", POSITIVE), ("2026-11-20", NEGATIVE)], "yes"),  # the same day: the worse one stands
        ([("2026-01-28", POSITIVE)], "yes"),  # 300 days ago
        ([("2026-01-27", POSITIVE)], "no"),
        ([(None, POSITIVE)], "yes"),
        ([(None, POSITIVE), ("2026-11-22", NEGATIVE)], "yes"),
        ([("2026-11-20", POSITIVE), (None, NEGATIVE)], "yes"),
        ([("2026-11", POSITIVE)], "yes"),
        ([("2026", POSITIVE)], "unknown"),
    ],
)
@pytest.mark.parametrize("turned", [False, True], ids=["in order", "reversed"])
def test_a_positive_test_stands_until_a_later_negative_one(plan, facts, results, expected, turned):
    """A positive test counts for 300 days unless a later negative test, or the end of the pregnancy, overtakes it."""
    made = [hcg(str(index), on, answer) for index, (on, answer) in enumerate(results)]
    assert case(plan, labs=made[::-1] if turned else made).state(facts["positive_test"]) == expected


@pytest.mark.parametrize("status", ["preliminary", "registered", "cancelled", "entered-in-error"])
def test_a_test_that_is_not_final_is_no_positive_test(plan, facts, status):
    """Only final, amended and corrected results count as positive."""
    assert case(plan, labs=[hcg("1", "2026-11-20", POSITIVE, status=status)]).state(facts["positive_test"]) == "no"


def test_an_end_of_the_pregnancy_ends_the_positive_test(plan, facts):
    """A delivery after the positive test overtakes it; one before it does not."""
    positive = hcg("1", "2026-03-01", POSITIVE)
    for on, expected in (("2026-10-01", "no"), ("2026-01-01", "yes")):
        delivery = resource("Condition", "1", code=concept(ICD, "O80"), recordedDate=on)
        assert case(plan, labs=[positive], conditions=[delivery]).state(facts["positive_test"]) == expected
