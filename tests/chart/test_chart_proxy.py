"""A proxy of one client: it sees names and sizes, and nothing of what passes through."""

from __future__ import annotations

import pytest
from chart_reading import read
from chart_tls import Certificates, Proxy
from faulty_fhir import PAGE, FaultyFhir, Wire, answer, says
from stub_network import Network

from cds.chart.page import Page
from cds.chart.route import Route
from cds.values.known import Reason

NAME = "ehr.example.org"
BASE = f"https://{NAME}/fhir"


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A hospital's certificate authority."""
    return Certificates(tmp_path_factory.mktemp("ours"))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_proxy_connects_and_reads_nothing(network: Network, ours: Certificates, scheme: str) -> None:
    """It is asked for a tunnel; the name is resolved by it, the certificate checked by us, the token not seen by it."""
    tls = ours.server("127.0.0.1") if scheme == "https" else None
    with (
        FaultyFhir(says(answer(PAGE)), tls=ours.server(NAME)) as server,
        Proxy({f"{NAME}:443": server.port}, tls=tls) as proxy,
    ):
        assert isinstance(read(BASE, Route(proxy=proxy.url, ca_file=ours.ca_file)), Page)
        assert [each.split("\r\n")[0].rpartition(" ")[0] for each in proxy.heads] == [f"CONNECT {NAME}:443"]
        assert "t0ken" not in proxy.heads[0]
        assert b"t0ken" not in proxy.seen
        assert "Authorization: Bearer t0ken" in server.heads[0]
    assert network.asked == []


def test_the_proxy_never_sees_our_certificate_nor_stands_in_for_the_server(ours: Certificates) -> None:
    """A tunnel to a server with another name ends before the token is sent."""
    with (
        FaultyFhir(says(answer(PAGE)), tls=ours.server("other.example.org")) as server,
        Proxy({f"{NAME}:443": server.port}) as proxy,
    ):
        assert read(BASE, Route(proxy=proxy.url, ca_file=ours.ca_file)) is Reason.FETCH_FAILED
        assert len(proxy.heads) == 1
        assert server.targets == []


@pytest.mark.parametrize("refusal", [b"HTTP/1.1 407 x\r\n\r\n", b"HTTP/1.1 502 x\r\n\r\n", b"?"])
def test_a_proxy_that_refuses_has_failed(ours: Certificates, refusal: bytes) -> None:
    """The server is not read in another way then."""
    with Proxy({}, refusal=refusal) as proxy:
        assert read(BASE, Route(proxy=proxy.url, ca_file=ours.ca_file)) is Reason.FETCH_FAILED
        assert proxy.heads


@pytest.mark.parametrize(
    "play", [Wire.hang, lambda wire: wire.drip(b"HTTP/1.1 200 OK\r\nX: y\r\n")], ids=["hangs", "drips"]
)
def test_a_proxy_that_hangs_is_left_at_the_deadline(play: object, ours: Certificates) -> None:
    """The budget is one for proxy and server."""
    with FaultyFhir(play, raw=True) as proxy:  # type: ignore[arg-type]  # a Play
        route = Route(proxy=f"http://127.0.0.1:{proxy.port}", ca_file=ours.ca_file)
        assert read(BASE, route, seconds=2) is Reason.TIMED_OUT
        assert proxy.left.wait(10)


@pytest.mark.parametrize(
    "base",
    [
        "https://169.254.169.254/fhir",
        "https://2852039166/fhir",
        "https://[::ffff:169.254.169.254]/fhir",
        "https://10.0.0.1/fhir",
        "https://localhost/fhir",
        "https://127.0.0.1/fhir",
        "http://ehr.example.org/fhir",
    ],
)
def test_what_is_never_read_is_not_read_through_a_proxy_either(base: str) -> None:
    """Numeric addresses are judged by us, for the proxy may know no better; http would show it the token."""
    with Proxy({}) as proxy:
        assert read(base, Route(proxy=proxy.url, plain=True)) is Reason.NOT_PERMITTED
        assert proxy.heads == []


def test_a_proxy_at_an_address_that_nothing_may_have_is_not_asked(network: Network) -> None:
    """The site's word does not make a metadata service a proxy."""
    network.name("proxy.example.org", ["169.254.169.254"])
    assert read(BASE, Route(proxy="http://proxy.example.org:3128")) is Reason.NOT_PERMITTED
    assert network.connected == []


def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch, ours: Certificates) -> None:
    """Only the site file does: a variable that somebody set would send patients' data elsewhere."""
    with FaultyFhir(says(answer(PAGE)), tls=ours.server("127.0.0.1")) as server, Proxy({}) as proxy:
        for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
        assert isinstance(read(server.base, Route(client="environment", ca_file=ours.ca_file)), Page)
        assert proxy.heads == []
