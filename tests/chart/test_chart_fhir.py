"""The FHIR client against a real server on the loopback interface."""

from __future__ import annotations

import socket
import time

import pytest
from chart_samples import SYSTEM, bundle, call, lab

from cds.authoring.loopback import Faults, LoopbackFhir
from cds.chart.address import read_base
from cds.chart.breaker import Breaker, Server
from cds.chart.fetch import Fetch, fetch_all, read_medication_reference
from cds.chart.fhir import MOST_BYTES, FhirReader, loopback_only, open_reader
from cds.chart.page import Page
from cds.values.known import Reason, Unknown
from cds.wire.call import Authority

CHART = bundle(*(lab(f"o{n}", f"2026-11-{n:02}") for n in range(1, 8)), {"resourceType": "Patient", "id": "p1"})


def reader(base: str, authority: Authority | None = None) -> FhirReader:
    address = read_base(base)
    assert address is not None
    return FhirReader(address, authority, breaker=Breaker())


def get(opened: FhirReader, query: str, seconds: float = 5.0) -> Page | Unknown:
    return opened.get(query, opened.monotonic() + seconds)


def reason(answer: Page | Unknown) -> Reason:
    assert isinstance(answer, Unknown)
    return answer.reason


def test_a_search_and_a_read() -> None:
    """P-20: what is missing is read from the server of the call, with FHIR's media type and no token of ours."""
    with LoopbackFhir([CHART]) as server:
        page = get(reader(server.base), f"Observation?patient=p1&code={SYSTEM}|a&_sort=-date")
        assert isinstance(page, Page)
        assert [each["id"] for each in page.matches if isinstance(each, dict)][:2] == ["o7", "o6"]
        assert isinstance(get(reader(server.base), "Patient/p1"), Page)
        first = server.requests[0].headers
        assert first["Accept"] == "application/fhir+json, application/json"
        assert first["Accept-Encoding"] == "identity"
        assert "Authorization" not in first
        assert "Cookie" not in first


def test_the_token_goes_with_each_request() -> None:
    """S-20: each FHIR call carries the token of its call, and of no other."""
    with LoopbackFhir([CHART], token="t1") as server:  # noqa: S106 - made up
        assert isinstance(get(reader(server.base, Authority("t1")), "Patient/p1"), Page)
        assert reason(get(reader(server.base, Authority("t2")), "Patient/p1")) is Reason.NOT_PERMITTED
        assert reason(get(reader(server.base), "Patient/p1")) is Reason.NOT_PERMITTED


@pytest.mark.parametrize(
    ("status", "expected"),
    [(403, Reason.NOT_PERMITTED), (404, Reason.FETCH_FAILED), (500, Reason.FETCH_FAILED), (302, Reason.FETCH_FAILED)],
)
def test_refused_is_not_failed(status: int, expected: Reason) -> None:
    """A missing right is told apart from a failure; redirects are not followed (S-22)."""
    with LoopbackFhir([CHART], faults=Faults(status={"Patient": status})) as server:
        assert reason(get(reader(server.base), "Patient/p1")) is expected
        assert len(server.requests) == 1


@pytest.mark.parametrize("body", [b"<html>", b"[", b"", b" " * (MOST_BYTES + 1)])
def test_a_body_that_is_no_json_or_too_large_has_failed(body: bytes) -> None:
    """A login page or an endless body is a failure, not an empty answer."""
    with LoopbackFhir([CHART], faults=Faults(body=body)) as server:
        assert reason(get(reader(server.base), "Patient/p1")) is Reason.FETCH_FAILED


@pytest.mark.parametrize(
    "faults", [Faults(hang=True), Faults(drip_s=0.02), Faults(drip_s=0.02, drip_headers=True), Faults(delay_s=30.0)]
)
def test_a_slow_server_is_left_at_the_deadline(faults: Faults) -> None:
    """Design section 4: a hanging or dripping server ends at the budget, in time and as timed out."""
    with LoopbackFhir([CHART], faults=faults) as server:
        opened = reader(server.base)
        before = time.monotonic()
        (fetch,) = fetch_all(opened, [Fetch("Observation?patient=p1")], opened.monotonic() + 0.3)
        assert fetch.reason is Reason.TIMED_OUT
        assert not fetch.pages
        assert time.monotonic() - before < 5


def test_a_long_query_is_posted() -> None:
    """A URL beyond about 1,800 characters goes as a form; a server without POST gets it by GET."""
    codes = ",".join(f"{SYSTEM}|c{n}" for n in range(100)) + f",{SYSTEM}|a"
    for no_post in (False, True):
        with LoopbackFhir([CHART], faults=Faults(no_post=no_post)) as server:
            page = get(reader(server.base), f"Observation?patient=p1&code={codes}")
            assert isinstance(page, Page)
            assert len(page.matches) == 7
            assert server.requests[0].method == "POST"
            assert server.requests[0].path == "Observation/_search"
            assert [each.method for each in server.requests] == (["POST", "GET"] if no_post else ["POST"])


def test_pages_are_followed_under_the_base_only() -> None:
    """P-37: a next link that leaves the server would carry the token away."""
    with LoopbackFhir([CHART], faults=Faults(page_size=3)) as server, LoopbackFhir([CHART]) as other:
        (whole,) = fetch_all(reader(server.base), [Fetch("Observation?patient=p1")], time.monotonic() + 5)
        assert [len(page.matches) for page in whole.pages] == [3, 3, 1]
        for elsewhere in (other.base, server.base + "x", server.base + "/../admin", "file:///etc"):
            server.faults.next_base = elsewhere
            (left,) = fetch_all(reader(server.base), [Fetch("Observation?patient=p1")], time.monotonic() + 5)
            assert len(left.pages) == 1
            assert left.reason is Reason.NOT_PERMITTED
        assert other.requests == []


def test_a_server_that_cannot_be_reached_is_left_alone_for_a_while() -> None:
    """Design section 4: after three calls that could not connect, the next does not try; later it tries again."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    now = [100.0]
    breaker = Breaker()
    base = read_base(f"http://127.0.0.1:{port}/fhir")
    assert base is not None
    for _ in range(3):
        assert breaker.open_now() == ()
        opened = FhirReader(base, clock=lambda: now[0], breaker=breaker)
        assert reason(opened.get("Patient/p1", now[0] + 1)) is Reason.FETCH_FAILED
    assert breaker.open_now() == (Server("", base.url),)
    with LoopbackFhir([CHART], port=port) as server:
        opened = FhirReader(base, clock=lambda: now[0], breaker=breaker)
        assert reason(opened.get("Patient/p1", now[0] + 1)) is Reason.FETCH_FAILED
        assert server.requests == []
        now[0] += 11
        opened = FhirReader(base, clock=lambda: now[0], breaker=breaker)
        assert isinstance(opened.get("Patient/p1", now[0] + 1), Page)
        assert breaker.open_now() == ()


@pytest.mark.parametrize(
    ("base", "authority", "allowed", "expected"),
    [
        ("", None, True, Reason.NOT_SUPPLIED),
        ("http://127.0.0.1:1/fhir", None, False, Reason.NOT_PERMITTED),
        ("http://127.0.0.1:1/fhir", Authority("t", patient="p2"), True, Reason.NOT_PERMITTED),
        ("http://127.0.0.1:1/fhir", Authority("t", expires_in=0), True, Reason.NOT_PERMITTED),
        ("http://127.0.0.1:1/fhir", Authority("", "Bearer"), True, Reason.NOT_PERMITTED),
        ("http://127.0.0.1:1/fhir", Authority("t", "MAC"), True, Reason.NOT_PERMITTED),
        ("http://127.0.0.1:1/fhir", Authority("t\r\nX: y", "Bearer"), True, Reason.NOT_PERMITTED),
        ("ftp://127.0.0.1/fhir", None, True, Reason.NOT_PERMITTED),
        ("http://u:p@127.0.0.1/fhir", None, True, Reason.NOT_PERMITTED),
        ("http://127.0.0.1/fhir?x=1", None, True, Reason.NOT_PERMITTED),
    ],
)
def test_a_server_or_token_that_must_not_be_used(
    base: str, authority: Authority | None, allowed: bool, expected: Reason
) -> None:
    """S-20 to S-23, design section 4: no call without a server, outside the settings, or with a wrong token."""
    opened = open_reader(call(base, authority=authority), lambda _: allowed)
    assert isinstance(opened, Unknown)
    assert opened.reason is expected


@pytest.mark.parametrize(
    "authority",
    [
        None,
        Authority("t"),
        Authority("t", "bearer", patient="p1", expires_in=300),
        Authority("t", patient="Patient/p1"),
    ],
)
def test_a_server_that_may_be_used(authority: Authority | None) -> None:
    """S-28: an open server is read without a token; a token in force for this patient is used."""
    assert isinstance(open_reader(call("http://127.0.0.1:1/fhir", authority=authority), loopback_only), FhirReader)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8080/fhir", True),
        ("https://127.8.9.1/fhir", True),
        ("http://[::1]:8080/", True),
        ("http://localhost/fhir", True),
        ("http://localhost.example.org/", False),
        ("http://127.0.0.1@example.org/", False),
        ("http://user@localhost/", False),
        ("http://10.0.0.1/", False),
        ("http://2130706433/", False),
        ("ftp://localhost/", False),
        ("localhost", False),
        ("", False),
        ("http://[::1", False),
    ],
)
def test_loopback_is_told_by_the_address(url: str, expected: bool) -> None:
    """Design section 8: an open service reads FHIR servers on this computer only."""
    assert loopback_only(url) is expected


def test_a_medication_of_an_order_is_read() -> None:
    """Design section 4: a drug known only by reference is read, from this server alone."""
    medication = {"resourceType": "Medication", "id": "m"}
    with LoopbackFhir([bundle(medication)]) as server:
        opened = reader(server.base)
        deadline = opened.monotonic() + 5
        assert read_medication_reference(opened, "Medication/m", deadline) == medication
        assert read_medication_reference(opened, f"{server.base}/Medication/m", deadline) == medication
        for reference in ("http://example.org/fhir/Medication/m", "urn:uuid:1", "#m", "Patient/p1"):
            found = read_medication_reference(opened, reference, deadline)
            assert isinstance(found, Unknown)
            assert found.reason is Reason.UNUSABLE_VALUE
        missing = read_medication_reference(opened, "Medication/none", deadline)
        assert missing == Unknown(Reason.FETCH_FAILED, where="Medication/none")


def test_a_connection_that_the_server_closed_is_replaced() -> None:
    """A kept connection that went stale says nothing about the request."""
    with LoopbackFhir([CHART]) as server:
        port = int(server.base.rsplit(":", 1)[1].split("/")[0])
        opened = reader(server.base)
        assert isinstance(get(opened, "Patient/p1"), Page)
    with LoopbackFhir([CHART], port=port):
        assert isinstance(get(opened, "Patient/p1"), Page)
