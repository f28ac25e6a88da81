"""The access token: for whom it must be issued, where it goes, and that nothing keeps it."""

from __future__ import annotations

import gc
import json
import time
from secrets import token_hex
from typing import Any

import pytest
from chart_samples import LABS, PATIENT, UTC, call
from faulty_fhir import PAGE, FaultyFhir, Play, Wire, answer, says

from cds.chart.breaker import Breaker
from cds.chart.exchange import Request
from cds.chart.fhir import FhirReader, open_reader
from cds.chart.gather import gather
from cds.chart.route import Route, route_of
from cds.clock import monotonic
from cds.language.hook import Hook
from cds.language.site_client import Client
from cds.language.site_decided import Decided
from cds.values.diagnostic import Position
from cds.values.known import Reason, Unknown
from cds.web.fhir_routes import FhirRoutes
from cds.wire.call import Authority
from cds.wire.request import read_call

BASE = "http://127.0.0.1:1/fhir"


@pytest.mark.parametrize(
    ("client_id", "subject", "used"),
    [("", "", True), ("", "cds", True), ("cds", "cds", True), ("cds", "CDS", False), ("cds", "", False)],
)
def test_a_token_for_another_client_is_not_used(client_id: str, subject: str, used: bool) -> None:
    """S-27: its subject is the client id under which the site registered the service."""
    authority = Authority("t", "Bearer", subject=subject)
    opened = open_reader(call(BASE, authority=authority), lambda _: True, Route(client_id=client_id))
    assert isinstance(opened, FhirReader) is used
    assert used or opened == Unknown(Reason.NOT_PERMITTED)


@pytest.mark.parametrize(
    ("is_open", "certificate", "may"), [(True, "", True), (False, "", False), (False, "ours.pem", True)]
)
def test_a_server_without_a_token_is_read_in_trials(is_open: bool, certificate: str, may: bool) -> None:
    """S-28: else only where the service identifies itself by a certificate of its own."""
    client = Client("x", Position("s", 1, 1), Decided("client x"), base=BASE, certificate=certificate)
    assert route_of(client, is_open).needs_token is not may
    route = Route(needs_token=not may)
    assert isinstance(open_reader(call(BASE), lambda _: True, route), FhirReader) is may


def test_what_the_site_file_says_of_a_client_is_in_force() -> None:
    """S-27, S-28: its client id and the need of a token, on its own server."""
    client = Client("x", Position("s", 1, 1), Decided("client x"), base=BASE, client_id="cds")
    routes = FhirRoutes((client,), is_open=False, in_trials=lambda _: True)
    ours, theirs = (Authority("t", subject=each) for each in ("cds", "another"))
    for authority, used in ((ours, True), (theirs, False), (None, False)):
        opened = routes.open(call(BASE, authority=authority), client, monotonic)
        assert isinstance(opened, FhirReader) is used


def test_the_subject_comes_from_the_request() -> None:
    """What stands in fhirAuthorization.subject is what is compared."""
    body = {
        "hook": "patient-view",
        "hookInstance": "1",
        "fhirServer": BASE,
        "fhirAuthorization": {"access_token": "t", "token_type": "Bearer", "subject": "cds", "expires_in": 300},
        "context": {"userId": "Practitioner/1", "patientId": "p1"},
    }
    asked = read_call(json.dumps(body).encode(), Hook("patient-view", "chart opened", "1.0"))
    assert asked.authority is not None
    assert asked.authority.subject == "cds"


def test_nothing_that_can_be_shown_shows_the_token() -> None:
    """S-21: not the values that hold it, not the reader, not what is sent."""
    authority = Authority("s3cret", "Bearer", subject="cds")
    asked = call(BASE, authority=authority)
    request = Request("GET", BASE, {"Authorization": "Bearer s3cret"}, b"s3cret")
    for each in (authority, asked, open_reader(asked, lambda _: True), request):
        assert "s3cret" not in f"{each!r} {each!s}"


def test_each_request_has_the_token_and_only_this_server_gets_it() -> None:
    """S-20, S-22: in its header alone, not in the address and not in a form."""
    long = ",".join(f"http://codes.example|c{number}" for number in range(100))
    with FaultyFhir(says(answer(PAGE))) as server:
        opened = open_reader(call(server.base, authority=Authority("t0ken")), lambda _: True, breaker=Breaker())
        assert isinstance(opened, FhirReader)
        for query in ("Patient/p1", "Observation?patient=p1", f"Observation?code={long}"):
            opened.get(query, monotonic() + 10)
        assert len(server.heads) == 3
        for head in server.heads:
            assert head.count("t0ken") == 1
            assert "\r\nAuthorization: Bearer t0ken\r\n" in f"{head}\r\n"


def _holders(*parts: str) -> list[Any]:
    """Objects that hold a text with the token, which comes in parts so that the test itself holds none."""
    gc.collect()
    token = "".join(parts)
    held = (token, token.encode())
    return [
        each
        for each in gc.get_objects()
        for inner in gc.get_referents(each)
        if (isinstance(inner, str) and held[0] in inner) or (isinstance(inner, bytes) and held[1] in inner)
        if each is not held
    ]


@pytest.mark.parametrize(
    ("play", "seconds"),
    [(says(answer(PAGE)), 10.0), (says(answer(b"", "500 x")), 10.0), (says(b""), 10.0), (Wire.hang, 2.0)],
    ids=["answers", "fails", "ends at once", "hangs"],
)
def test_a_token_lives_for_one_call(play: Play, seconds: float) -> None:
    """S-21: when a call is over, nothing in the process holds its token: no connection, no session, no error."""
    parts = (token_hex(8), token_hex(8))
    with FaultyFhir(play) as server:
        asked = call(server.base, authority=Authority("".join(parts)))
        opened = open_reader(asked, lambda _: True, breaker=Breaker())
        assert _holders(*parts)  # the search for them does find some
        chart = gather(asked, (LABS, PATIENT), UTC, opened, seconds, monotonic)
        assert all("".join(parts) in head for head in server.heads)
        del asked, opened
    assert server.heads
    server.heads.clear()
    assert chart.arrivals
    give_up = time.monotonic() + 20
    while (found := _holders(*parts)) and time.monotonic() < give_up:
        del found  # a thread that was cut may take a moment to end
        time.sleep(0.05)
    assert found == []
