"""What each kind of prefetch member means."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import orjson
import pytest
from chart_samples import CONDITIONS, LABS, PATIENT, UTC, bundle, lab, outcome
from hypothesis import given
from hypothesis import strategies as st

from cds.chart.chart import Arrival, Source
from cds.chart.prefetch import read_prefetch
from cds.language.group import DataGroup
from cds.values.known import Reason

NEXT = {"link": [{"relation": "next", "url": "http://x/fhir/next"}]}


def read(member: Any, group: DataGroup = LABS) -> Arrival:
    return read_prefetch(group, orjson.dumps(member), "p1", UTC)


def reason(arrival: Arrival) -> Reason | None:
    return None if arrival.why is None else arrival.why.reason


def is_whole(arrival: Arrival) -> bool:
    return arrival.why is None and not arrival.truncated and not arrival.broken and not arrival.left_out


def test_an_absent_key_is_not_had() -> None:
    """P-20: a key that is not there says nothing."""
    arrival = read_prefetch(LABS, None, "p1", UTC)
    assert reason(arrival) is Reason.NOT_SUPPLIED
    assert arrival.source is Source.NOWHERE


@pytest.mark.parametrize(
    "member",
    [
        None,
        bundle(),
        {"resourceType": "Bundle", "total": 0},
        bundle(outcome("information")),
        bundle(outcome("warning")),
        {
            "resourceType": "Bundle",
            "total": 0,
            "entry": [{"search": {"mode": "outcome"}, "resource": outcome("warning")}],
        },
    ],
)
def test_null_and_empty_bundles_are_known_to_be_empty(member: Any) -> None:
    """P-21, P-22, P-23: the client looked and found nothing, with or without a remark."""
    arrival = read(member)
    assert is_whole(arrival)
    assert arrival.entries == ()


@pytest.mark.parametrize(
    "member",
    [outcome("error"), outcome("information"), bundle(outcome("fatal")), bundle({"resourceType": "OperationOutcome"})],
)
def test_an_outcome_instead_of_data_is_a_failure(member: Any) -> None:
    """P-24: an OperationOutcome, or an outcome entry of severity error or fatal, is a failed retrieval."""
    assert reason(read(member)) is Reason.FETCH_FAILED


def test_matches_beside_an_error_stand_but_prove_no_absence() -> None:
    """P-24: what came beside an error is kept; nothing may be concluded from what is not there."""
    arrival = read(bundle(lab("1"), outcome("error")))
    assert len(arrival.entries) == 1
    assert arrival.truncated
    assert arrival.complete_since is None


@pytest.mark.parametrize("issue", ["incomplete", "timeout"])
def test_a_remark_that_data_are_missing_is_believed(issue: str) -> None:
    """P-23, P-25: an empty answer that says it is incomplete is no proof of absence."""
    assert read(bundle(outcome("warning", issue))).truncated


def test_a_next_link_makes_a_partial_page() -> None:
    """P-25: complete only from the day after the oldest date, since the next page may go on with the same day."""
    arrival = read(bundle(lab("1", "2026-11-20"), lab("2", "2026-11-10"), lab("3", "2026-11-10"), **NEXT))
    assert arrival.truncated
    assert arrival.complete_since == date(2026, 11, 11)


@pytest.mark.parametrize(
    "resources",
    [
        [lab("1", "2026-11-10"), lab("2", "2026-11-20")],
        [lab("1", "2026-11-20"), lab("2", None)],
        [lab("1", "2026-11-20"), lab("2", "2026-11")],
        [lab("1", "2026-11-20"), lab("2", None, issued="2026-11-10T08:00:00Z")],
        [lab("1", None, effectivePeriod={"start": "2026-11-01", "end": "2026-11-10"})],
        [lab("1", "2026-11-20"), 17],
        [],
    ],
)
def test_a_partial_page_without_a_clear_order_is_complete_nowhere(resources: list[Any]) -> None:
    """P-25: dates that do not descend, are missing, coarse, inferred or of several days leave no safe span."""
    arrival = read(bundle(*resources, **NEXT))
    assert arrival.truncated
    assert arrival.complete_since is None


def test_a_partial_page_of_an_unsorted_group_is_complete_nowhere() -> None:
    """P-25: without a sort in the query the order of a page is chance."""
    problem = {"resourceType": "Condition", "id": "c", "recordedDate": "2026-01-01", "code": {"text": "x"}}
    arrival = read(bundle(problem, **NEXT), CONDITIONS)
    assert arrival.truncated
    assert arrival.complete_since is None


def test_a_larger_total_is_a_partial_page() -> None:
    """P-25: a total above the number of matches counts as a next page."""
    assert read(bundle(lab("1"), total=2)).complete_since == date(2026, 11, 21)
    assert not read(bundle(lab("1"), total=1)).truncated
    assert read({"resourceType": "Bundle", "total": 3}).truncated


@pytest.mark.parametrize(
    "member", [{"resourceType": "Condition"}, bundle({"resourceType": "Condition", "id": "c"}), [{"resourceType": "X"}]]
)
def test_another_type_is_as_if_the_key_were_absent(member: Any) -> None:
    """P-26: resources that do not match the template do not satisfy it."""
    assert reason(read(member)) is Reason.NOT_SUPPLIED


def test_another_patients_resources_are_dropped_and_counted() -> None:
    """P-28: never reason on another patient's data."""
    arrival = read(bundle(lab("1"), lab("2", patient="p2"), lab("3", subject={"reference": "http://x/Patient/p1"})))
    assert [each.where for each in arrival.entries] == ["Observation/1", "Observation/3"]
    assert arrival.foreign == 1
    assert not arrival.broken


def test_a_set_of_other_patients_proves_no_absence() -> None:
    """P-28: when nothing is left, the search was hardly this patient's."""
    arrival = read(bundle(lab("2", patient="p2")))
    assert arrival.entries == ()
    assert [each.reason for each in arrival.broken] == [Reason.UNUSABLE_VALUE]
    other = {"resourceType": "Patient", "id": "p2"}
    assert reason(read(other, PATIENT)) is Reason.UNUSABLE_VALUE


def test_a_bare_resource_stands_for_a_search() -> None:
    """P-29: one resource is a set of one; an array of resources is a set."""
    assert [each.where for each in read(lab("1")).entries] == ["Observation/1"]
    assert len(read([lab("1"), lab("2")]).entries) == 2


def test_a_bundle_stands_for_a_read() -> None:
    """P-29: of a Bundle in place of an instance, the first resource of the type counts."""
    patient = {"resourceType": "Patient", "id": "p1"}
    arrival = read(bundle({"resourceType": "Practitioner", "id": "x"}, patient, patient, **NEXT), PATIENT)
    assert [each.where for each in arrival.entries] == ["Patient/p1"]
    assert is_whole(arrival)


@pytest.mark.parametrize("raw", [b"", b"{", b'{"a":}', b'"\xff"', b'["\\ud800"]', b"NaN"])
def test_unreadable_json_is_unusable(raw: bytes) -> None:
    """P-20: what cannot be parsed is not had, and is no reason to refuse the call."""
    assert reason(read_prefetch(LABS, raw, "p1", UTC)) is Reason.UNUSABLE_VALUE


@pytest.mark.parametrize("member", [[], {}, 3, "x", True, {"resourceType": 5}, {"resourceType": "Bundle", "entry": 3}])
def test_json_that_is_no_fhir_is_unusable(member: Any) -> None:
    """P-26: a member that is neither a resource nor a Bundle satisfies nothing."""
    assert reason(read(member)) is Reason.UNUSABLE_VALUE


def test_a_single_object_stands_for_an_array() -> None:
    """Design section 6: single objects where FHIR has arrays are tolerated."""
    member = {
        "resourceType": "Bundle",
        "entry": {"resource": lab("1", code={"coding": {"system": "http://codes.example", "code": "a"}})},
        "link": {"relation": "next", "url": "http://x"},
    }
    arrival = read(member)
    assert len(arrival.by_code) == 1
    assert arrival.truncated


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
_NAMES = (
    *("resourceType", "id", "status", "code", "coding", "system", "text", "subject", "reference", "component"),
    *("entry", "resource", "search", "mode", "total", "link", "relation", "url", "issue", "severity"),
    *("contained", "hasMember", "effectiveDateTime", "effectivePeriod", "issued", "fullUrl"),
)
_WORDS = (
    *("Bundle", "Observation", "OperationOutcome", "Patient/p1", "Patient/p2"),
    *("next", "include", "error", "#a", "a"),
)
_ODD = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(_WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=5),
    max_leaves=25,
)


def _is_well_formed(member: Any) -> bool:
    if isinstance(member, list):
        return bool(member) and all(_is_well_formed(each) for each in member)
    return member is None or (isinstance(member, dict) and isinstance(member.get("resourceType"), str))


@given(_JSON | _ODD)
def test_no_json_raises_or_passes_for_a_complete_answer(member: Any) -> None:
    """P-20 to P-29: whatever comes, only null, a Bundle or a resource can be a complete answer."""
    arrival = read(member)
    assert _is_well_formed(member) or not is_whole(arrival)


@given(_ODD.map(lambda inner: {"resourceType": "Bundle", "entry": inner}))
def test_no_bundle_raises(member: Any) -> None:
    """Design section 6: broken resources are skipped and recorded, whatever they are."""
    arrival = read(member)
    assert arrival.why is not None or arrival.truncated or isinstance(arrival.entries, tuple)


@given(st.lists(st.dates(date(2020, 1, 1), date(2026, 12, 1)), min_size=1, max_size=8), st.booleans())
def test_a_partial_page_never_claims_its_oldest_day(days: list[date], in_order: bool) -> None:
    """P-25: completeness never reaches back to the oldest date of the page or beyond."""
    ordered = sorted(days, reverse=True) if in_order else days
    resources = [lab(str(n), day.isoformat()) for n, day in enumerate(ordered)]
    arrival = read(bundle(*resources, **NEXT))
    since = arrival.complete_since
    assert since is None or since >= min(days) + timedelta(days=1)
    assert (since is not None) == (ordered == sorted(days, reverse=True))
