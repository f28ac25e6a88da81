"""Resources of one group: whose they are, what they are found by, which are broken."""

from __future__ import annotations

from typing import Any

import pytest
from chart_samples import DRUGS, LABS, SYSTEM, bundle, code, drug, lab
from hypothesis import given
from hypothesis import strategies as st

from cds.chart.entries import Reading, index, read_entries
from cds.chart.page import Page, read_page
from cds.language.group import DataGroup
from cds.values.codes import Code
from cds.values.known import Reason


def read(group: DataGroup, *resources: Any) -> Reading:
    page = read_page(bundle(*resources))
    assert isinstance(page, Page)
    return read_entries(group, [page], "p1")


def of_type(type: str) -> DataGroup:
    return DataGroup("g", "g", type, "patient", "context.patientId")


def names(reading: Reading) -> list[list[str]]:
    return [[each.code for each in entry.codes] for entry in reading.entries]


@pytest.mark.parametrize(
    ("type", "body", "codes"),
    [
        ("Condition", {"code": code("a")}, ["a"]),
        ("AllergyIntolerance", {"code": code("a")}, ["a"]),
        ("ServiceRequest", {"code": {"concept": code("a")}}, ["a"]),
        ("PractitionerRole", {"specialty": [code("a")], "code": code("b")}, ["a", "b"]),
        ("Encounter", {"reasonCode": [code("a")], "serviceType": code("b"), "type": [code("c")]}, ["a", "b", "c"]),
        ("CareTeam", {"participant": [{"role": [code("a")]}, {"role": code("b")}]}, ["a", "b"]),
        ("Appointment", {"specialty": [code("a")], "serviceType": [code("b")]}, ["a", "b"]),
        ("Communication", {"topic": code("a"), "reasonCode": [code("b")]}, ["a", "b"]),
        ("Consent", {"category": [code("a")]}, ["a"]),
        ("MedicationStatement", {"medicationCodeableConcept": code("a")}, ["a"]),
        ("Condition", {}, []),
    ],
)
def test_each_type_is_found_by_its_own_elements(type: str, body: dict[str, Any], codes: list[str]) -> None:
    """Design section 9: resources are indexed once by their codes."""
    assert names(read(of_type(type), {"resourceType": type, "id": "1", **body})) == [codes]


def test_components_are_observations_of_their_own() -> None:
    """A component has its own code and value, and its parent's status, subject and dates."""
    parent = lab(
        "1",
        code=code("panel"),
        performer=[{"reference": "Practitioner/d1"}],
        component=[{"code": code("b"), "valueInteger": 3}, {"valueInteger": 4}, 5],
    )
    reading = read(LABS, parent)
    assert [each.where for each in reading.entries] == ["Observation/1", "Observation/1#component"]
    part = reading.entries[1].resource
    assert part["valueInteger"] == 3
    assert (part["status"], part["effectiveDateTime"]) == ("final", "2026-11-20")
    assert part["performer"] == parent["performer"]
    assert "component" not in part
    assert [each.where for each in reading.broken] == ["Observation/1#component"] * 2


def test_contained_members_are_observations_of_their_own() -> None:
    """A contained member takes what it lacks from its panel; what is contained, but no member, is left alone."""
    member = {"resourceType": "Observation", "id": "m", "code": code("b"), "valueInteger": 1}
    loose = {**member, "id": "loose"}
    anothers = {**member, "id": "n", "subject": {"reference": "Patient/p2"}}
    parent = lab(
        "1",
        code=code("panel"),
        contained=[member, loose, anothers],
        hasMember=[{"reference": "#m"}, {"reference": "#n"}, {"reference": "Observation/9"}],
    )
    reading = read(LABS, parent)
    assert [each.where for each in reading.entries] == ["Observation/1", "Observation/1#m"]
    assert reading.entries[1].resource["effectiveDateTime"] == "2026-11-20"
    assert [each.where for each in reading.broken] == ["Observation/1#n"]


@pytest.mark.parametrize(
    "resource",
    [
        None,
        "x",
        [],
        {"id": "1"},
        {"resourceType": 3},
        {"resourceType": "Observation"},
        lab("1", code={}),
        lab("1", code="a"),
        lab("1", status=["final"]),
        lab("1", subject="Patient/p1"),
        lab("1", subject={"reference": "#p"}),
    ],
)
def test_broken_resources_are_skipped_and_recorded(resource: Any) -> None:
    """Design section 6: a broken resource is unknown where it mattered, never silently absent."""
    reading = read(LABS, resource, lab("2"))
    assert [each.where for each in reading.entries] == ["Observation/2"]
    assert [(each.reason, each.group) for each in reading.broken] == [(Reason.UNUSABLE_VALUE, "labs")]


def test_text_is_a_readable_code() -> None:
    """An Observation coded in words only is no broken one, but no code finds it."""
    assert names(read(LABS, lab("1", code={"text": "in words"}))) == [[]]


def test_each_resource_counts_once() -> None:
    """Pages overlap when data change between them: the same type and id is the same resource."""
    assert len(read(LABS, lab("1"), lab("1"), lab("2")).entries) == 2


def test_includes_are_no_matches() -> None:
    """Entries of search mode include or outcome only help to read the matches."""
    page = read_page(
        {
            "resourceType": "Bundle",
            "entry": [{"resource": lab("1"), "search": {"mode": "include"}}, {"resource": lab("2")}],
        }
    )
    assert isinstance(page, Page)
    assert [each.where for each in read_entries(LABS, [page], "p1").entries] == ["Observation/2"]


@pytest.mark.parametrize(
    "reference",
    [
        "Medication/m",
        "Medication/m/_history/2",
        "http://x/fhir/Medication/m",
        "urn:uuid:1-1",
    ],
)
def test_a_medication_that_came_along_is_read(reference: str) -> None:
    """H-7: a medicationReference may lead to another entry, by id or by full URL."""
    url = reference if reference.startswith("urn:") else "http://x/fhir/Medication/m"
    medication = {"resourceType": "Medication", "id": "m", "code": code("a")}
    page = read_page(
        {
            "resourceType": "Bundle",
            "entry": [
                {"resource": drug("1", medicationReference={"reference": reference})},
                {"fullUrl": url, "resource": medication, "search": {"mode": "include"}},
            ],
        }
    )
    assert isinstance(page, Page)
    reading = read_entries(DRUGS, [page], "p1")
    assert names(reading) == [["a"]]
    assert not reading.broken


def test_a_drug_that_names_nothing_is_broken() -> None:
    """An order without any medication cannot be told apart from one of the drug that is looked for."""
    reading = read(DRUGS, drug("1"), drug("2", medicationCodeableConcept={"text": "in words"}))
    assert [each.where for each in reading.broken] == ["MedicationRequest/1"]


def test_appointments_belong_to_their_participants() -> None:
    """P-28 for Appointments, whose patient stands among the participants."""
    visit = {"resourceType": "Appointment", "participant": [{"actor": {"reference": "Practitioner/d1"}}]}
    ours = {**visit, "id": "1", "participant": [*visit["participant"], {"actor": {"reference": "Patient/p1"}}]}
    other = {**visit, "id": "2", "participant": [{"actor": {"reference": "Patient/p2"}}]}
    reading = read(of_type("Appointment"), ours, other, {**visit, "id": "3"})
    assert [each.where for each in reading.entries] == ["Appointment/1", "Appointment/3"]
    assert reading.foreign == 1


def test_the_index_keeps_the_order() -> None:
    """Entries of one code stand in the order in which they came."""
    found = index(read(LABS, lab("2"), lab("1")).entries)
    assert [each.where for each in found[Code(SYSTEM, "a")]] == ["Observation/2", "Observation/1"]


_INNER = (
    *("code", "coding", "concept", "reference", "resourceType", "id", "display", "text", "actor"),
    *("role", "value", "item"),
)
_SCRAP = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["#a", "a", "Patient/p1", "Observation", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "code",
                    "coding",
                    "concept",
                    "reference",
                    "resourceType",
                    "id",
                    "display",
                    "text",
                    "actor",
                    "role",
                    "value",
                    "item",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
_ELEMENTS = (
    *("id", "status", "code", "subject", "patient", "component", "contained", "hasMember", "participant"),
    *("specialty", "category", "reason", "topic", "medication", "medicationReference", "activity", "type"),
    *("medicationCodeableConcept", "serviceType"),
)


@given(
    st.sampled_from(
        ["Observation", "MedicationRequest", "Encounter", "CareTeam", "Appointment", "Patient", "CarePlan"]
    ),
    st.dictionaries(st.sampled_from(_ELEMENTS), _SCRAP, max_size=6),
)
def test_no_resource_raises_or_vanishes(type: str, body: dict[str, Any]) -> None:
    """Each resource becomes an entry, is recorded as broken, or is counted as another patient's."""
    reading = read(of_type(type), {**body, "resourceType": type})
    assert (
        len(reading.resources) + len([each for each in reading.broken if "#" not in each.where]) + reading.foreign == 1
    )
