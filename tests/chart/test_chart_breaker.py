"""When a FHIR server is left alone, and how it comes back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from cds.authoring.loopback import Faults, LoopbackFhir
from cds.chart.address import read_base
from cds.chart.breaker import REST_S, STRIKES, Breaker, Server
from cds.chart.fetch import Fetch, fetch_all
from cds.chart.fhir import FhirReader
from cds.chart.route import Route
from cds.clock import monotonic
from cds.values.known import Reason

SERVER = Server("main-hospital", "https://ehr.example.org/fhir")


def broken(now: float = 0.0) -> Breaker:
    """A breaker that has just opened."""
    breaker = Breaker()
    for _ in range(STRIKES):
        breaker.failed(SERVER, now)
    return breaker


def test_it_opens_after_calls_in_a_row_and_closes_with_an_answer() -> None:
    """An answer, whatever it says, ends the count."""
    breaker = Breaker()
    for _ in range(STRIKES - 1):
        breaker.failed(SERVER, 0.0)
    assert breaker.admits(SERVER, 0.0)
    breaker.answered(SERVER)
    breaker.failed(SERVER, 0.0)
    assert breaker.admits(SERVER, 0.0)
    assert breaker.open_now() == ()
    assert not broken().admits(SERVER, REST_S - 0.1)
    assert broken().open_now() == (SERVER,)


def test_after_the_rest_a_single_call_tries() -> None:
    """Of forty calls at the same moment one is admitted, again after each rest; its answer lets all of them in."""
    breaker = broken()
    together = threading.Barrier(40)

    def ask(now: float) -> bool:
        together.wait()
        return breaker.admits(SERVER, now)

    with ThreadPoolExecutor(40) as threads:
        for number in (1, 2):
            assert sum(threads.map(ask, [REST_S * number] * 40)) == 1
        assert breaker.open_now() == (SERVER,)
        breaker.failed(SERVER, REST_S * 2)
        assert sum(threads.map(ask, [REST_S * 3 - 0.1] * 40)) == 0
        assert sum(threads.map(ask, [REST_S * 3] * 40)) == 1
        breaker.answered(SERVER)
        assert sum(threads.map(ask, [REST_S * 3] * 40)) == 40
    assert breaker.open_now() == ()


def reader(server: LoopbackFhir, breaker: Breaker, client: str = "") -> FhirReader:
    """A reader of one call."""
    base = read_base(server.base)
    assert base is not None
    return FhirReader(base, route=Route(client=client), breaker=breaker)


def searched(opened: FhirReader, *names: str, seconds: float) -> set[Reason]:
    """The reasons why searches that one call makes side by side brought nothing."""
    several = [Fetch(f"Observation?x={name}") for name in names]
    return {each.reason for each in fetch_all(opened, several, opened.monotonic() + seconds)}


def wait_for(what: Callable[[], bool]) -> None:
    """Wait until something is so that becomes so in another thread."""
    give_up = time.monotonic() + 20
    while not what():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def test_the_searches_of_the_call_that_tries_all_try() -> None:
    """One call reads many things side by side: it is admitted as a whole, and the next one meanwhile is not."""
    with LoopbackFhir([], faults=Faults(hang=True)) as server:
        breaker = Breaker()
        for _ in range(STRIKES):
            breaker.failed(Server("", server.base), monotonic() - REST_S)
        tries = reader(server, breaker)
        assert searched(tries, "1", "2", "3", "4", seconds=3) == {Reason.TIMED_OUT}
        assert searched(reader(server, breaker), "too-soon", seconds=30) == {Reason.FETCH_FAILED}
        wait_for(lambda: {f"GET Observation?x={n}" for n in range(1, 5)} <= set(server.paths))
        assert "GET Observation?x=too-soon" not in server.paths


def test_what_fails_for_one_client_may_work_for_another() -> None:
    """Each client has its own way to a server: its proxy may be what is broken."""
    breaker = broken()
    assert breaker.admits(Server("other", SERVER.base), 0.0)
    assert not breaker.admits(SERVER, 0.0)


def test_a_hanging_server_costs_three_calls_their_budget() -> None:
    """The fourth is answered at once, and another client still asks."""
    with LoopbackFhir([], faults=Faults(hang=True)) as server:
        breaker = Breaker()
        for _ in range(STRIKES):
            assert searched(reader(server, breaker), "1", "2", "3", seconds=1) == {Reason.TIMED_OUT}
        wait_for(lambda: breaker.open_now() == (Server("", server.base),))
        assert searched(reader(server, breaker), "fourth", seconds=30) == {Reason.FETCH_FAILED}
        assert searched(reader(server, breaker, "other"), "other", seconds=3) == {Reason.TIMED_OUT}
        wait_for(lambda: "GET Observation?x=other" in server.paths)
        assert "GET Observation?x=fourth" not in server.paths
