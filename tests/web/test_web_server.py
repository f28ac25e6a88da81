import json
import os
import re
import signal
import socket
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from web_samples import as_bytes, demonstration, free_port, lasting, order, request, searched
from web_servers import COMMAND, PATIENCE_S, served

from cds.authoring.loopback import Faults, LoopbackFhir


def services(server):
    """Discovery by hook."""
    status, _, body = server.send("GET", "/cds-services")
    assert status == 200
    return {each["hook"]: each for each in json.loads(body)["services"]}


def call(server, service, body):
    """The cards of one call."""
    status, headers, answer = server.send(
        "POST", f"/cds-services/{service}", as_bytes(body), Content_Type="application/json"
    )
    assert (status, headers["Content-Type"]) == (200, "application/json"), answer
    return json.loads(answer)["cards"]


def brought(service, fhir, patient):
    """Prefetch as a client brings it: what cannot be filled is left out."""
    found = {name: searched(fhir.base, template, patient) for name, template in service["prefetch"].items()}
    return {name: value for name, value in found.items() if value is not None}


def run(*arguments):
    """Exit code and standard error of a command that ends by itself."""
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    return done.returncode, done.stderr


def test_prefetch_and_fallback_give_the_same_cards(server, fhir):
    """P-20, R-9: over real HTTP each patient of the demonstration gets the same cards with prefetch and without."""
    shown = demonstration()
    service = services(server)[shown.hook]
    for patient in shown.patients:
        bare = call(server, service["id"], shown.request(patient, fhir.base))
        full = call(server, service["id"], shown.request(patient, "", brought(service, fhir, patient)))
        assert bare, patient.id
        assert lasting(bare) == lasting(full), patient.id


def test_every_card_links_to_the_page_of_its_rule(server, fhir):
    """C-60, C-65: each link to the logic leads to a page with the finding's anchor, and names no patient."""
    shown = demonstration()
    service = services(server)[shown.hook]["id"]
    calls = [shown.request(patient, fhir.base) for patient in shown.patients]
    calls.append(shown.request(shown.patients[0], "http://10.0.0.8/fhir"))
    cards = [card for body in calls for card in call(server, service, body)]
    assert {card["source"]["topic"]["code"] for card in cards} >= {"unavailable"}
    for card in cards:
        url = card["links"][0]["url"]
        path, anchor = url.removeprefix(server.url).split("#")
        status, _, page = server.send("GET", path)
        assert (status, url.startswith(server.url)) == (200, True)
        assert f'id="{anchor}"'.encode() in page
        assert not any(patient.id in url for patient in shown.patients)


def test_a_server_elsewhere_is_not_read(server):
    """S-23: --open reads FHIR servers on this computer only; the card says that it was not permitted, with 200."""
    shown = demonstration()
    cards = call(
        server, services(server)[shown.hook]["id"], shown.request(shown.patients[0], "https://fhir.example.org/r4")
    )
    assert any("was not permitted" in card["detail"] for card in cards)


def test_calls_side_by_side_do_not_mix(server, fhir):
    """R-17: of many calls at once, for patients by turns, each gets the cards of its own patient."""
    shown = demonstration()
    service = services(server)[shown.hook]
    bodies = {each.id: shown.request(each, "", brought(service, fhir, each)) for each in shown.patients}
    alone = {name: lasting(call(server, service["id"], body)) for name, body in bodies.items()}
    turns = [name for _ in range(40) for name in bodies]
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda name: lasting(call(server, service["id"], bodies[name])), turns))
    assert len({json.dumps(cards) for cards in alone.values()}) > 1
    assert all(cards == alone[name] for cards, name in zip(found, turns, strict=True))


def test_an_order_for_another_drug_is_silent(server):
    """C-2: over HTTP too, another drug is 200 with an empty list of cards."""
    body = request("order-sign", order("161", "acetaminophen"), fhirServer="http://127.0.0.1:9/fhir")
    assert call(server, services(server)["order-sign"]["id"], body) == []


@pytest.mark.parametrize("chunked", [False, True])
def test_too_long_a_body_is_413_over_http(server, chunked):
    """R-22, E-9: over 20 MB is refused, by its told length before a byte of it came, or at the first byte more."""
    length = "Transfer-Encoding: chunked" if chunked else "Content-Length: 20000001"
    path = f"/cds-services/{services(server)['order-sign']['id']}"
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{length}\r\n\r\n"
    with socket.create_connection(server.address, PATIENCE_S) as connection:
        connection.sendall(head.encode())
        if chunked:
            connection.sendall(b"%x\r\n" % 20_000_001 + b" " * 20_000_001 + b"\r\n")
        answer = connection.recv(65536)
        while b"\r\n\r\n" not in answer or not answer.endswith(b"}"):
            answer += connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"access-control-allow-origin: *" in answer
    assert b'"resourceType":"OperationOutcome"' in answer


def test_http_errors_are_outcomes_over_http(server):
    """E-5, E-7, E-8, S-34: the served process answers errors like the application does."""
    path = f"/cds-services/{services(server)['order-sign']['id']}"
    for method, where, body, expected in (
        ("POST", path, b"{", 400),
        ("GET", path, None, 405),
        ("POST", f"{path}/feedback", b"{}", 404),
        ("GET", "/nothing", None, 404),
    ):
        status, headers, answer = server.send(method, where, body)
        assert (status, headers["Content-Type"]) == (expected, "application/json")
        assert json.loads(answer)["resourceType"] == "OperationOutcome"
    status, headers, _ = server.send("OPTIONS", path, Access_Control_Request_Method="POST")
    assert (status, headers["Access-Control-Allow-Origin"]) == (204, "*")


def test_the_log_of_the_process_holds_no_patient(server):
    """S-14, S-21: what the served process writes names no patient, no token and no address of a client."""
    body = request(
        "order-sign", order(patient="mark-patient"), patient="mark-patient", fhirServer="http://127.0.0.1:9/markhost"
    )
    body["fhirAuthorization"] = {"access_token": "MARKTOKEN", "token_type": "Bearer"}
    call(server, services(server)["order-sign"]["id"], body)
    written = server.log.read_text()
    assert '"event":"request"' in written
    assert not re.search("mark-patient|MARKTOKEN|markhost", written)


def test_the_start_says_that_it_is_open(tmp_path):
    """S-2: whoever starts it reads that callers are not authenticated, what is served, and where."""
    with served(tmp_path, *COMMAND, "serve", "--open") as running:
        assert services(running)
        written = running.log.read_text()
    assert "OPEN: callers are not authenticated" in written
    assert f"{running.url}/cds-services" in written
    assert "profile us-rems-2026" in written
    assert running.process.returncode == 0


def test_serving_without_authentication_must_be_asked_for():
    """S-2: serve without --open does not start without a site file, and says why."""
    code, error = run("serve")
    assert code == 2
    assert "authenticated serving needs a site file" in error
    assert "Traceback" not in error


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org"])  # noqa: S104
def test_an_open_service_binds_this_computer_only(host):
    """S-2: --open refuses any address but those of this computer."""
    code, error = run("serve", "--open", "--host", host)
    assert code == 2
    assert f"--host {host}" in error


@pytest.mark.parametrize("command", [("serve", "--open"), ("demo",)])
def test_a_port_in_use_is_said_plainly(command):
    """A port that is taken ends the start with a sentence and another port to try, not with a trace."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, error = run(*command, "--port", str(port))
    assert code == 2
    assert f"port {port} is in use" in error
    assert "--port" in error
    assert "Traceback" not in error


@pytest.mark.parametrize("host", ["localhost", pytest.param("::1", marks=pytest.mark.needs("ipv6"))])
def test_the_other_names_of_this_computer_are_bound(tmp_path, host):
    """S-2: localhost and ::1 are this computer too."""
    port = free_port()
    log = (tmp_path / "log").open("wb")
    process = subprocess.Popen(
        [*COMMAND, "serve", "--open", "--host", host, "--port", str(port), "--workers", "1"], stderr=log
    )
    try:
        assert _answers(host, port, process)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
        log.close()


def _answers(host, port, process):
    pause = threading.Event()
    for _ in range(PATIENCE_S * 20):
        try:
            socket.create_connection((host, port), 1).close()
        except OSError:
            if process.poll() is not None:
                return False
            pause.wait(0.05)
        else:
            return True
    return False


def test_a_call_under_way_is_finished_at_the_end(tmp_path):
    """S-25: on SIGTERM a call that still waits for data is answered, and the process ends with 0."""
    shown = demonstration()
    slow = LoopbackFhir(shown.charts, faults=Faults(delay_s=0.25))
    with slow, served(tmp_path, *COMMAND, "serve", "--open", "--workers", "1") as running:
        service = services(running)[shown.hook]["id"]
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(call, running, service, shown.request(shown.patients[0], slow.base))
            while not slow.requests:
                threading.Event().wait(0.005)
            os.kill(running.process.pid, signal.SIGTERM)
            assert answer.result(PATIENCE_S)
        assert running.process.wait(PATIENCE_S) == 0
