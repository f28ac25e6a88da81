"""A chart out of prefetch and server, group by group."""

from __future__ import annotations

import time
from typing import Any

import pytest
from chart_samples import (
    CONDITIONS,
    DRUGS,
    ENCOUNTER,
    LABS,
    PATIENT,
    ROLE,
    ROLES,
    SYSTEM,
    UTC,
    VISITS,
    bundle,
    call,
    code,
    drug,
    lab,
    outcome,
    role,
)

from cds.authoring.loopback import Faults, LoopbackFhir
from cds.chart.chart import Arrival, Source
from cds.chart.fhir import FhirReader, open_reader
from cds.chart.gather import gather
from cds.language.group import DataGroup
from cds.values.codes import Code
from cds.values.known import Reason, Unknown
from cds.wire.call import Call

NEXT = {"link": [{"relation": "next", "url": "http://x/fhir/next"}]}
PERSON = {"resourceType": "Patient", "id": "p1"}


def arrivals(
    asked: Call,
    *groups: DataGroup,
    budget: float = 5.0,
    reader: FhirReader | Unknown | None = None,
    never: tuple[str, ...] = (),
) -> dict[str, Arrival]:
    if reader is None and asked.fhir_server:
        reader = open_reader(asked, lambda _: True)
    return dict(gather(asked, groups, UTC, reader, budget, time.monotonic, never=never).arrivals)


def reason(arrival: Arrival) -> Reason | None:
    return None if arrival.why is None else arrival.why.reason


def found(arrival: Arrival) -> list[str]:
    return [each.where for each in arrival.entries]


def test_prefetch_alone_is_enough() -> None:
    """P-34: with everything in prefetch the server is not called."""
    with LoopbackFhir([bundle(PERSON)]) as server:
        chart = arrivals(call(server.base, patient=PERSON, labs=None, conditions=bundle()), PATIENT, LABS, CONDITIONS)
        assert server.requests == []
    assert found(chart["patient"]) == ["Patient/p1"]
    assert chart["labs"].source is Source.PREFETCH
    assert all(each.why is None for each in chart.values())


def test_missing_groups_are_fetched() -> None:
    """P-20, P-33: what prefetch lacks comes from the server, in one call with what it has."""
    with LoopbackFhir([bundle(PERSON, lab("1"), lab("2", patient="p2"))]) as server:
        chart = arrivals(call(server.base, patient=PERSON), PATIENT, LABS)
        assert len(server.requests) == 1
    assert found(chart["labs"]) == ["Observation/1"]
    assert chart["labs"].source is Source.SEARCH


def test_without_a_server_missing_stays_missing() -> None:
    """P-20: neither prefetch nor server is unknown, never no."""
    assert reason(arrivals(call(), LABS)["labs"]) is Reason.NOT_SUPPLIED


def test_null_is_never_asked_again() -> None:
    """P-21: the client looked and has no data."""
    with LoopbackFhir([bundle(lab("1"))]) as server:
        chart = arrivals(call(server.base, labs=None), LABS)
        assert server.requests == []
    assert (chart["labs"].entries, chart["labs"].why) == ((), None)


def test_failed_prefetch_is_completed() -> None:
    """Design section 4 over P-24: a group that failed is read from the server where there is one."""
    with LoopbackFhir([bundle(lab("1"))]) as server:
        assert found(arrivals(call(server.base, labs=outcome("error")), LABS)["labs"]) == ["Observation/1"]
    assert reason(arrivals(call(labs=outcome("error")), LABS)["labs"]) is Reason.FETCH_FAILED


def test_truncated_prefetch_is_completed_by_a_fresh_search() -> None:
    """P-25: all pages of a fresh search replace the first page of prefetch."""
    stored = [lab(f"o{n}", f"2026-11-{n:02}") for n in range(1, 6)]
    with LoopbackFhir([bundle(*stored)], faults=Faults(page_size=2)) as server:
        chart = arrivals(call(server.base, labs=bundle(stored[4], **NEXT)), LABS)
        assert len(server.requests) == 3
    assert len(chart["labs"].entries) == 5
    assert not chart["labs"].truncated


def test_what_was_at_hand_survives_a_failure() -> None:
    """P-25: a page that came in prefetch is not lost because the server fails."""
    with LoopbackFhir([], faults=Faults(status={"Observation": 500})) as server:
        chart = arrivals(call(server.base, labs=bundle(lab("1"), **NEXT)), LABS)
    assert found(chart["labs"]) == ["Observation/1"]
    assert chart["labs"].truncated
    assert chart["labs"].why is None


@pytest.mark.parametrize(
    "faults", [Faults(page_size=2, drop_next=True), Faults(page_size=2, next_base="http://192.0.2.1/fhir")]
)
def test_pages_that_cannot_be_read_leave_a_truncated_group(faults: Faults) -> None:
    """P-25, P-37: lost or foreign next links leave the group complete only back to a day."""
    stored = [lab(f"o{n}", f"2026-11-{n:02}") for n in range(1, 6)]
    with LoopbackFhir([bundle(*stored)], faults=faults) as server:
        labs = arrivals(call(server.base), LABS)["labs"]
    assert found(labs) == ["Observation/o5", "Observation/o4"]
    assert labs.truncated
    assert str(labs.complete_since) == "2026-11-05"


def test_a_shuffled_page_is_complete_nowhere() -> None:
    """Design, never: an old result is not taken as the latest because a page is missing."""
    stored = [lab(f"o{n}", f"2026-11-{n:02}") for n in range(1, 6)]
    with LoopbackFhir([bundle(*stored)], faults=Faults(page_size=2, drop_next=True, shuffled=True)) as server:
        labs = arrivals(call(server.base), LABS)["labs"]
    assert labs.truncated
    assert labs.complete_since is None


@pytest.mark.parametrize("faults", [Faults(hang=True), Faults(drip_s=0.02, drip_headers=True), Faults(drip_s=0.02)])
def test_a_hanging_server_ends_at_the_budget(faults: Faults) -> None:
    """Design section 2: partial rather than late; what came in prefetch stays."""
    with LoopbackFhir([bundle(lab("1"))], faults=faults) as server:
        chart = arrivals(call(server.base, patient=PERSON), PATIENT, LABS, CONDITIONS, budget=0.3)
    assert found(chart["patient"]) == ["Patient/p1"]
    assert reason(chart["labs"]) is Reason.TIMED_OUT
    assert reason(chart["conditions"]) is Reason.TIMED_OUT


def test_pages_read_before_the_deadline_stay() -> None:
    """Design section 4: if time runs out, what was read stays, as truncated."""
    stored = [lab(f"o{n}", f"2026-11-{n:02}") for n in range(1, 20)]
    with LoopbackFhir([bundle(*stored)], faults=Faults(page_size=1, delay_s=0.2)) as server:
        labs = arrivals(call(server.base), LABS, budget=0.7)["labs"]
    assert 1 <= len(labs.entries) < 10
    assert labs.truncated
    assert labs.why is None


def test_pages_are_bounded() -> None:
    """A group reads twenty pages at most, and says that more exist."""
    stored = [lab(f"o{n}", "2026-11-01") for n in range(30)]
    with LoopbackFhir([bundle(*stored)], faults=Faults(page_size=1)) as server:
        labs = arrivals(call(server.base), LABS)["labs"]
        assert len(server.requests) == 20
    assert len(labs.entries) == 20
    assert labs.truncated


def test_a_refusal_is_more_telling_than_not_supplied() -> None:
    """Design section 4: a server that may not be used is the reason for what is missing, not for what failed."""
    refused = Unknown(Reason.NOT_PERMITTED)
    chart = arrivals(call(conditions=outcome("error")), LABS, CONDITIONS, reader=refused)
    assert reason(chart["labs"]) is Reason.NOT_PERMITTED
    assert reason(chart["conditions"]) is Reason.FETCH_FAILED
    assert reason(arrivals(call(), LABS, reader=Unknown(Reason.NOT_SUPPLIED))["labs"]) is Reason.NOT_SUPPLIED


def test_optional_groups_are_left_out_and_not_asked_for() -> None:
    """Design section 4: an optional group that is off makes nothing unknown."""
    with LoopbackFhir([bundle()]) as server:
        assert arrivals(call(server.base), VISITS)["appointments"].left_out
        assert server.requests == []
    chart = arrivals(call(appointments=bundle()), VISITS)
    assert (chart["appointments"].left_out, chart["appointments"].why) == (False, None)


def test_a_group_never_supplied_is_not_offered() -> None:
    """Design section 4: what the site declares as never supplied has its own reason, and is not asked for."""
    with LoopbackFhir([bundle(lab("1"))]) as server:
        assert reason(arrivals(call(server.base), LABS, never=("labs",))["labs"]) is Reason.NOT_OFFERED
        assert server.requests == []


def test_a_token_that_cannot_be_filled_leaves_its_group_out() -> None:
    """Design section 4: a group whose token this call cannot fill makes nothing unknown, null or not."""
    assert arrivals(call(), ENCOUNTER)["encounter"].left_out
    assert arrivals(call(encounter=""), ENCOUNTER)["encounter"].left_out
    assert reason(arrivals(call(encounter="e1"), ENCOUNTER)["encounter"]) is Reason.NOT_SUPPLIED


@pytest.mark.parametrize(
    ("user", "prefetch", "expected"),
    [
        ("Practitioner/d1", {"roles": bundle(role("r1", "d1"))}, ("left out", "arrived")),
        ("PractitionerRole/r1", {"role": role("r1", "d1")}, ("arrived", "left out")),
        ("Practitioner/d1", {"roles": bundle()}, ("left out", "arrived")),
        ("Practitioner/d1", {}, ("left out", "not_supplied")),
        ("Practitioner/d1", {"role": None}, ("left out", "not_supplied")),
        ("PractitionerRole/r1", {}, ("not_supplied", "left out")),
        ("PractitionerRole/r1", {"roles": bundle()}, ("not_supplied", "left out")),
        ("", {}, ("not_supplied", "left out")),
    ],
)
def test_two_ways_to_one_fact(user: str, prefetch: dict[str, Any], expected: tuple[str, str]) -> None:
    """Design section 4: the specialty is unknown only when neither role nor roles was had, and never left out."""
    chart = arrivals(call(user=user, **prefetch), ROLE, ROLES)

    def state(arrival: Arrival) -> str:
        return "left out" if arrival.left_out else "arrived" if arrival.why is None else arrival.why.reason.value

    assert (state(chart["role"]), state(chart["roles"])) == expected


def test_the_role_is_read_from_the_server() -> None:
    """Design section 4: of two ways, the one whose token the call fills is asked for."""
    stored = bundle(role("r1", "d1"), role("r2", "d2"))
    with LoopbackFhir([stored]) as server:
        chart = arrivals(call(server.base, user="PractitionerRole/r1"), ROLE, ROLES)
        assert server.paths == ["GET PractitionerRole/r1"]
        assert found(chart["role"]) == ["PractitionerRole/r1"]
        assert chart["roles"].left_out
    with LoopbackFhir([stored]) as server:
        chart = arrivals(call(server.base, user="Practitioner/d2"), ROLE, ROLES)
        assert found(chart["roles"]) == ["PractitionerRole/r2"]


def test_a_role_without_specialty_leads_to_the_practitioners_roles() -> None:
    """Design section 4: in fallback the roles' practitioner is that of the role which was read."""
    stored = bundle(role("r1", "d1", None), role("r2", "d1"), role("r3", "d2"))
    with LoopbackFhir([stored]) as server:
        chart = arrivals(call(server.base, user="PractitionerRole/r1"), ROLE, ROLES)
    assert found(chart["roles"]) == ["PractitionerRole/r1", "PractitionerRole/r2"]


@pytest.mark.parametrize(
    ("user", "roles", "kept"),
    [
        ("Practitioner/d1", [role("r1", "d1"), role("r2", "d2"), role("r3", None)], ["r1"]),
        ("Practitioner/d1", [role("r1", "d1"), role("r3", None)], ["r1", "r3"]),
        ("Practitioner/d1", [role("r2", "d2")], []),
        ("PractitionerRole/r1", [role("r1", "d1"), role("r2", "d2"), role("r3", "d1")], ["r1", "r3"]),
        ("PractitionerRole/r1", [role("r1", None), role("r2", "d2"), role("r3", "d3")], ["r1"]),
        ("PractitionerRole/r9", [role("r1", "d1"), role("r2", "d1")], ["r1", "r2"]),
        ("PractitionerRole/r9", [role("r1", "d1"), role("r2", "d2")], []),
        ("", [role("r1", "d1"), role("r2", "d2")], []),
    ],
)
def test_another_practitioners_roles_do_not_count(user: str, roles: list[Any], kept: list[str]) -> None:
    """Real clients, section 6: braces sent literally bring everyone's roles; only the user's may count."""
    arrival = arrivals(call(user=user, roles=bundle(*roles)), ROLES)["roles"]
    assert found(arrival) == [f"PractitionerRole/{name}" for name in kept]
    assert arrival.foreign == len(roles) - len(kept)
    assert reason(arrival) is (None if kept else Reason.UNUSABLE_VALUE)


def test_everyones_roles_are_replaced_by_the_users_own() -> None:
    """Real clients, section 6: with a server, the user's own roles are asked for."""
    with LoopbackFhir([bundle(role("r1", "d1"), role("r2", "d2"))]) as server:
        chart = arrivals(call(server.base, roles=bundle(role("r2", "d2"), role("r3", "d3"))), ROLES)
    assert found(chart["roles"]) == ["PractitionerRole/r1"]


def test_another_patient_is_not_read_as_this_one() -> None:
    """P-28: a server that answers with another patient gives nothing to reason on."""
    with LoopbackFhir([bundle(PERSON)], faults=Faults(body=b'{"resourceType": "Patient", "id": "p2"}')) as server:
        arrival = arrivals(call(server.base), PATIENT)["patient"]
    assert arrival.entries == ()
    assert reason(arrival) is Reason.UNUSABLE_VALUE


def test_medications_of_the_history_are_read() -> None:
    """Design section 4: orders that only refer to a Medication are completed within the budget."""
    orders = [drug(f"d{n}", medicationReference={"reference": f"Medication/m{n}"}) for n in range(3)]
    stored = bundle(*orders, *({"resourceType": "Medication", "id": f"m{n}", "code": code(f"c{n}")} for n in range(2)))
    with LoopbackFhir([stored]) as server:
        for prefetch in ({}, {"medications": bundle(*orders)}):
            drugs = arrivals(call(server.base, **prefetch), DRUGS)["medications"]
            assert found(drugs) == [f"MedicationRequest/d{n}" for n in range(3)]
            assert len(drugs.by_code[Code(SYSTEM, "c0")]) == 1
            unread = [each.medication.unread for each in drugs.entries if each.medication]
            assert unread == ["", "", "Medication/m2"]


def test_medications_to_read_are_bounded() -> None:
    """A history of many references costs twenty reads at most."""
    orders = [drug(f"d{n}", medicationReference={"reference": f"Medication/m{n}"}) for n in range(50)]
    with LoopbackFhir([bundle(*orders)]) as server:
        arrivals(call(server.base, medications=bundle(*orders)), DRUGS)
        assert len(server.requests) == 20
