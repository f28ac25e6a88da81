"""Slow, failing, lying, dripping and paging-forever servers: each ends at the budget, with a reason."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import orjson
import pytest
from chart_samples import LABS, UTC, bundle, call, lab
from faulty_fhir import FAULTS, OK, PAGE, TOLERATED, FaultyFhir, Wire, answer, says

from cds.chart.chart import Arrival
from cds.chart.exchange import MOST_BYTES_OF_CALL
from cds.chart.fhir import open_reader
from cds.chart.gather import gather
from cds.language.group import DataGroup
from cds.values.known import Reason
from cds.wire.call import Authority

PATIENCE_S = 10
"""Far more than any budget here, on a slow machine too."""


def arrivals(server: FaultyFhir, budget_s: float, *groups: DataGroup) -> dict[str, Arrival]:
    """What comes of a call that has everything read from the server."""
    asked = call(server.base, authority=Authority("t"))
    reader = open_reader(asked, lambda _: True)
    return dict(gather(asked, groups or (LABS,), UTC, reader, budget_s, time.monotonic).arrivals)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_becomes_a_reason_within_the_budget(name: str) -> None:
    """Nothing is known then, a reason says why, and the connection is let go."""
    fault = FAULTS[name]
    with FaultyFhir(fault.play) as server:
        before = time.monotonic()
        arrival = arrivals(server, fault.budget_s)["labs"]
        assert time.monotonic() - before < fault.budget_s + PATIENCE_S
        assert server.left.wait(PATIENCE_S)
    assert arrival.entries == ()
    assert arrival.why is not None
    assert arrival.why.reason is fault.reason
    assert len(server.targets) <= 2  # a connection that was dropped is replaced once


@pytest.mark.parametrize("name", TOLERATED)
def test_an_odd_answer_is_read_all_the_same(name: str) -> None:
    """What can be understood without a guess is used."""
    with FaultyFhir(says(TOLERATED[name])) as server:
        arrival = arrivals(server, 10)["labs"]
    assert [each.where for each in arrival.entries] == ["Observation/o1"]


def test_another_patients_data_are_no_answer() -> None:
    """P-28: a server that mixes patients up proves nothing about this one."""
    with FaultyFhir(says(answer(orjson.dumps(bundle(lab("o1", patient="p2")))))) as server:
        arrival = arrivals(server, 10)["labs"]
    assert (arrival.entries, arrival.foreign) == ((), 1)
    assert [each.reason for each in arrival.broken] == [Reason.UNUSABLE_VALUE]


def _page(number: int, next_url: str) -> bytes:
    return answer(orjson.dumps(bundle(lab(f"o{number}"), link=[{"relation": "next", "url": next_url}])))


def _paging(next_url: Callable[[FaultyFhir, int], str]) -> FaultyFhir:
    """A server every page of which names a next one."""

    def play(wire: Wire) -> None:
        number = len(server.targets)
        wire.say(_page(number, next_url(server, number)))

    server = FaultyFhir(play)
    return server


@pytest.mark.parametrize(
    ("next_url", "pages"),
    [
        (lambda server, number: f"{server.base}?page={number}", 20),
        (lambda server, number: f"{server.base}?page={number % 2}", 3),
        (lambda server, number: f"{server.base}?page=1", 2),
        (lambda server, number: f"http://127.0.0.1:{server.port}{server.targets[0]}", 2),
    ],
    ids=["ever new", "two in turn", "itself", "the first again"],
)
def test_paging_for_ever_ends(next_url: Callable[[FaultyFhir, int], str], pages: int) -> None:
    """P-25: after twenty pages, or one that was read before, what came counts, and it counts as cut short."""
    with _paging(next_url) as server:
        arrival = arrivals(server, 20)["labs"]
    assert len(server.targets) == pages
    assert arrival.truncated
    assert len(arrival.entries) == pages


def test_slow_pages_end_with_the_budget() -> None:
    """What came before the deadline is kept."""

    def play(wire: Wire) -> None:
        if len(server.targets) > 1:
            wire.hang()
        wire.say(_page(1, f"{server.base}?page=2"))

    with FaultyFhir(play) as server:
        arrival = arrivals(server, 4)["labs"]
    assert [each.where for each in arrival.entries] == ["Observation/o1"]
    assert arrival.truncated


def test_all_that_one_call_reads_is_bounded() -> None:
    """Pages each within the limit are too much together: what came before counts, and it counts as cut short."""
    filler = b" " * (3 * 1024 * 1024)

    def play(wire: Wire) -> None:
        number = len(server.targets)
        head, _, body = _page(number, f"{server.base}?page={number}").partition(b"\r\n\r\n")
        del head
        wire.say(answer(filler + body))

    with FaultyFhir(play) as server:
        arrival = arrivals(server, 30)["labs"]
    assert len(arrival.entries) == MOST_BYTES_OF_CALL // (3 * 1024 * 1024)
    assert len(server.targets) == len(arrival.entries) + 1
    assert arrival.truncated


class _Seen(logging.Handler):
    """What reaches the handlers of the process."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def test_what_a_server_says_is_in_no_log() -> None:
    """The HTTP library warns of odd headers with the whole URL, which holds the patient's id."""
    broken = OK + b"Broken Header\r\nContent-Length: %d\r\n\r\n" % len(PAGE) + PAGE
    seen = _Seen()
    logging.getLogger().addHandler(seen)
    try:
        with FaultyFhir(says(broken)) as server:
            assert arrivals(server, 10)["labs"].why is None
    finally:
        logging.getLogger().removeHandler(seen)
    assert "patient=p1" in server.targets[0]
    assert seen.lines == []
