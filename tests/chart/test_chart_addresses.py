"""Where connections go: a name is resolved once, and what it leads to is judged (checklist S-23)."""

from __future__ import annotations

import ssl
import threading
from pathlib import Path

import pytest
import trustme
from chart_reading import LAX, read
from chart_samples import bundle, lab
from faulty_fhir import PAGE, FaultyFhir, answer, says
from stub_network import Network

from cds.authoring.loopback import LoopbackFhir
from cds.chart.address import read_base
from cds.chart.breaker import Breaker
from cds.chart.destination import may_connect, may_connect_to_proxy
from cds.chart.fetch import Fetch, fetch_all
from cds.chart.fhir import FhirReader
from cds.chart.page import Page
from cds.chart.route import Route
from cds.values.known import Reason

NAME = "ehr.example.org"
PUBLIC = "93.184.215.14"
ANY = "0.0.0.0"  # noqa: S104 - nothing is bound to it


def test_a_name_is_resolved_once_and_what_was_judged_is_connected_to(network: Network, tmp_path: Path) -> None:
    """DNS rebinding: the second answer of the name server leads here, and nobody asks for it while connecting.

    The certificate is checked against the name all the same. The next connection asks, judges and refuses.
    """
    authority, names = trustme.CA(), []
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(NAME).configure_cert(context)
    context.sni_callback = lambda _sock, name, _context: names.append(name)
    network.name(NAME, [PUBLIC], ["127.0.0.1"])
    route = Route(ca_file=str(tmp_path / "ca.pem"))
    with FaultyFhir(says(answer(PAGE)), tls=context) as server:
        network.listens[PUBLIC] = server.port
        assert isinstance(read(f"https://{NAME}/fhir", route), Page)
        assert (network.asked, network.connected, names) == ([NAME], [PUBLIC], [NAME])
        assert read(f"https://{NAME}/fhir", route) is Reason.NOT_PERMITTED
        assert network.connected == [PUBLIC]
        assert len(server.targets) == 1


@pytest.mark.parametrize(
    ("address", "private"),
    [
        *((each, True) for each in ("10.0.0.1", "172.16.5.4", "192.168.1.1", "100.64.0.1", "fd12:3456::1", "fec0::1")),
        *((each, True) for each in ("198.18.0.1", "192.0.2.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::")),
        ("64:ff9b:1::5db8:d70e", True),
        *((each, False) for each in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1")),
        *((each, False) for each in (ANY, "0.1.2.3", "::", "::ffff:0.0.0.0", "::127.0.0.1", "2002:7f00:1::")),
        *((each, False) for each in ("169.254.169.254", "169.254.0.1", "::ffff:169.254.169.254", "fe80::1")),
        *((each, False) for each in ("64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe", "2002:a9fe:a9fe::", "fe80::1%eth0")),
        *(
            (each, False)
            for each in ("fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16", "192.0.0.192")
        ),
        *((each, False) for each in ("224.0.0.1", "239.1.1.1", "255.255.255.255", "240.0.0.1", "ff02::1", "2001::1")),
    ],
)
def test_what_a_name_leads_to_is_judged(network: Network, address: str, private: bool) -> None:
    """S-23: private networks only where the settings say so; this computer, link-local and metadata services never."""
    network.name(NAME, [address])
    assert read(f"http://{NAME}/fhir", Route(plain=True)) is Reason.NOT_PERMITTED
    assert network.connected == []
    assert may_connect(NAME, address, private=True) is private
    assert read(f"http://{NAME}/fhir", LAX) is (Reason.FETCH_FAILED if private else Reason.NOT_PERMITTED)
    assert bool(network.connected) is private


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:21f:cb07::1", "64:ff9b::5db8:d70e", "2002:5db8:d70e::1"])
def test_public_addresses_need_no_leave(address: str) -> None:
    """The usual case."""
    assert may_connect(NAME, address, private=False)


@pytest.mark.parametrize("answers", [[PUBLIC, "10.0.0.1"], ["127.0.0.1", PUBLIC], []])
def test_one_bad_address_is_enough(network: Network, answers: list[str]) -> None:
    """A name that leads here and elsewhere is not chosen from: it is refused."""
    network.name(NAME, answers)
    assert read(f"http://{NAME}/fhir", Route(plain=True)) is Reason.NOT_PERMITTED
    assert network.connected == []


def test_localhost_is_this_computer_and_nothing_else(network: Network) -> None:
    """A resolver that sends localhost away is not followed."""
    assert may_connect("localhost", "127.0.0.1", private=False)
    assert not may_connect("localhost", PUBLIC, private=True)
    assert not may_connect("127.0.0.1", "10.0.0.1", private=True)


def test_connections_of_one_client_serve_no_other(network: Network) -> None:
    """A connection that was kept does not outlive the settings under which it was opened."""
    network.name(NAME, ["10.1.2.3"])
    base = f"http://{NAME}/fhir"
    with LoopbackFhir([bundle(lab("o1"))]) as server:
        network.listens["10.1.2.3"] = int(server.base.rsplit(":", 1)[1].split("/")[0])
        first = Route(client="first", private_address=True, plain=True)
        for _ in range(2):
            assert isinstance(read(base, first), Page)
        assert network.connected == ["10.1.2.3"]
        assert read(base, Route(client="second", plain=True)) is Reason.NOT_PERMITTED
        assert network.connected == ["10.1.2.3"]
        assert isinstance(read(base, Route(client="third", private_address=True, plain=True)), Page)
        assert network.connected == ["10.1.2.3"] * 2
        assert isinstance(read(base, first), Page)
        assert network.connected == ["10.1.2.3"] * 2


def test_a_dead_address_leaves_time_for_the_next(network: Network) -> None:
    """A server is reached by the first of its addresses that answers."""
    network.name(NAME, ["198.51.100.1", "2001:db8::1", "10.1.2.3"])
    with FaultyFhir(says(answer(PAGE))) as server:
        network.listens["10.1.2.3"] = server.port
        assert isinstance(read(f"http://{NAME}/fhir", LAX), Page)
    assert network.connected == ["198.51.100.1", "2001:db8::1", "10.1.2.3"]


def test_a_name_server_that_hangs_holds_up_nobody(network: Network) -> None:
    """The call ends at its budget, the name is looked up once for all who wait, and other servers are read."""
    network.stuck["slow.example.org"] = threading.Event()
    network.name("slow.example.org", [PUBLIC])
    address = read_base("https://slow.example.org/fhir")
    assert address is not None
    try:
        for _ in range(3):
            opened = FhirReader(address, breaker=Breaker())
            several = [Fetch(f"Observation?x={number}") for number in range(30)]
            found = fetch_all(opened, several, opened.monotonic() + 0.3)
            assert {each.reason for each in found} == {Reason.TIMED_OUT}
        with FaultyFhir(says(answer(PAGE))) as server:
            assert isinstance(read(server.base, Route()), Page)
        assert network.asked == ["slow.example.org"]
    finally:
        network.stuck["slow.example.org"].set()
    assert PUBLIC not in network.connected


@pytest.mark.parametrize("name", ["nowhere.example.org", "a" * 64 + ".example.org"])
def test_a_name_that_does_not_exist_has_failed(name: str) -> None:
    """Not a refusal: nothing was wrong with asking."""
    network = pytest.MonkeyPatch()
    with network.context() as patch:
        Network(patch)
        assert read(f"https://{name}/fhir", Route()) is Reason.FETCH_FAILED


def test_a_proxy_may_be_anywhere_but_where_nothing_may_be() -> None:
    """The proxy's address is the site's decision; link-local and metadata addresses are nobody's."""
    assert all(may_connect_to_proxy(each) for each in ("127.0.0.1", "10.0.0.1", PUBLIC))
    assert not any(may_connect_to_proxy(each) for each in ("169.254.169.254", ANY, "fe80::1"))
