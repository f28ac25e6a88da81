"""A process that has its hands full says so at once, and is there again afterwards."""

import json
import select
import socket
import sys
import time
from pathlib import Path

import pytest
from web_samples import as_bytes, order, request
from web_servers import PATIENCE_S, served

from cds.web.limits import Gate

SIGN = "/cds-services/isotretinoin-order-sign"
OTHER_DRUG = as_bytes(request("order-sign", order("161", "acetaminophen")))


@pytest.fixture(scope="module")
def narrow(tmp_path_factory):
    """A served process that works on two calls at once."""
    program = Path(__file__).parent / "serve_narrowly.py"
    with served(tmp_path_factory.mktemp("narrow"), sys.executable, program) as running:
        yield running


def slow_call(server):
    """A connection whose call has begun: the body is told and not yet sent."""
    connection = socket.create_connection(server.address, PATIENCE_S)
    head = f"POST {SIGN} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(OTHER_DRUG)}\r\n"
    connection.sendall(head.encode() + b"\r\n" + OTHER_DRUG[:10])
    return connection


def is_full(server):
    """Whether one more call is refused."""
    status, headers, body = server.send("POST", SIGN, OTHER_DRUG, Content_Type="application/json")
    if status == 503:
        assert headers["Retry-After"] == "1"
        assert json.loads(body)["issue"][0]["code"] == "transient"
    return status == 503


def both_are_in(server, slow):
    """Whether both slow calls are at work. One that met a probing call there was refused, and begins anew."""
    refused, _, _ = select.select(slow, [], [], 0)
    for connection in refused:
        slow.remove(connection)
        connection.close()
        slow.append(slow_call(server))
    return not refused and is_full(server)


def wait_until(is_so):
    """Wait for a state that comes soon."""
    give_up = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < give_up


def test_calls_beyond_the_limit_are_told_to_come_again(narrow):
    """E-12: with two slow callers at work a third gets 503 with Retry-After; probes are answered meanwhile."""
    slow = [slow_call(narrow) for _ in range(2)]
    wait_until(lambda: both_are_in(narrow, slow))
    assert narrow.send("GET", "/healthz")[0] == 200
    assert narrow.send("GET", "/cds-services")[0] == 200
    for connection in slow:
        connection.sendall(OTHER_DRUG[10:])
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        connection.close()
    assert not is_full(narrow)


def test_a_caller_that_goes_away_leaves_its_place(narrow):
    """Callers that break off before their body has come do not use up the process."""
    for _ in range(10):
        slow_call(narrow).close()
    wait_until(lambda: not is_full(narrow))


def test_a_gate_counts_who_is_in():
    """As many enter as there is room for; each that leaves makes room for one."""
    gate = Gate(2)
    assert [gate.enter(), gate.enter(), gate.enter()] == [True, True, False]
    gate.leave()
    assert (gate.at_work, gate.enter(), gate.enter()) == (1, True, False)
