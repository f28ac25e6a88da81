"""Server-side request forgery: whatever a call or a server names, only the client's own FHIR server is spoken to."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from chart_reading import LAX, read
from chart_samples import LABS, UTC, bundle, call, lab
from faulty_fhir import PAGE, FaultyFhir, Wire, answer, says
from stub_network import Network

from cds.authoring.loopback import LoopbackFhir
from cds.chart.address import read_base
from cds.chart.fetch import read_medication_reference
from cds.chart.fhir import FhirReader, open_reader
from cds.chart.gather import gather
from cds.chart.route import Route, allowed
from cds.clock import monotonic
from cds.language.site_client import Client
from cds.language.site_decided import Decided
from cds.values.diagnostic import Position
from cds.values.known import Reason, Unknown
from cds.web.fhir_routes import FhirRoutes
from cds.wire.call import Authority

ANY = "0.0.0.0"  # noqa: S104 - nothing is bound to it


_METADATA = [
    "169.254.169.254",
    "169.254.169.254.",
    "2852039166",
    "0xa9fea9fe",
    "0xA9.0xFE.0xA9.0xFE",
    "025177524776",
    "0251.0376.0251.0376",
    "169.254.43518",
    "169.16689662",
    "169.254.0xa9fe",
    "169.0376.169.254",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[0:0:0:0:0:ffff:a9fe:a9fe]",
    "[64:ff9b::169.254.169.254]",
    "[2002:a9fe:a9fe::]",
    "[fd00:ec2::254]",
    "[FD00:0EC2:0:0:0:0:0:0254]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fe80::1%eth0]",
    "１６９.２５４.１６９.２５４",
    "169。254。169。254",
    "①⑥⑨.254.169.254",
    "%31%36%39.254.169.254",
    "169.254.169.254%00.example.org",
    "metadata.example.org",
    "METADATA.example.org.",
]
_HERE = [
    "0x7f.1",
    "2130706433",
    "017700000001",
    "127.1",
    "127.0.0.1.",
    "0",
    ANY,
    "[::]",
    "[::1%25lo]",
    "localhost.",
]


@pytest.mark.parametrize("port", ["", ":80", ":65536"])
@pytest.mark.parametrize("host", [*_METADATA, *_HERE, "", ".", "a..b", "a" * 64, "x.0x", "[v1.fe80::a]", "1.2.3.4.5"])
def test_no_spelling_leads_to_metadata_or_to_this_computer(network: Network, host: str, port: str) -> None:
    """Even when every name and every private network is allowed, directly and through a proxy."""
    for name in ("metadata.example.org", "metadata.example.org."):
        network.name(name, ["169.254.169.254"])
    for base in (f"http://{host}{port}/fhir", f"https://{host}{port}/latest/meta-data"):
        assert read(base, LAX) in (Reason.NOT_PERMITTED, Reason.FETCH_FAILED)
    assert network.connected == []
    if not host.lower().startswith("metadata"):
        opened = open_reader(call(f"https://{host}{port}/fhir"), lambda _: True, Route(proxy="http://10.0.0.1:3128"))
        plain = host in ("localhost.", "a" * 64, "a..b") and port != ":65536"
        assert isinstance(opened, FhirReader if plain else Unknown)


@pytest.mark.parametrize(
    "url",
    [
        "http://user@{here}/fhir",
        "http://{here}@169.254.169.254/fhir",
        "http://169.254.169.254#@{here}/fhir",
        "http://169.254.169.254\\@{here}/fhir",
        "http://{here}/fhir\r\nHost: x",
        "http://{here}\t/fhir",
        "http:///{here}/fhir",
        "http:{here}/fhir",
        "//{here}/fhir",
        "{here}/fhir",
        "file:///etc/passwd",
        "gopher://{here}/fhir",
        "ftp://{here}/fhir",
        "http+unix://{here}/fhir",
        "http://{here}/fhir?x=",
        "http://{here}/fhir#x",
        "http://{here}/fhir/../admin",
        "http://{here}/fhir/%2e%2e/admin",
        "http://{here}/fhir/..%2fadmin",
    ],
)
def test_what_is_no_plain_base_is_not_read(url: str) -> None:
    """User information, other schemes, queries, control characters and ways out of the path."""
    with FaultyFhir(says(answer(PAGE))) as server:
        base = url.format(here=f"127.0.0.1:{server.port}")
        assert read(base, LAX) is Reason.NOT_PERMITTED
        assert server.targets == []


ELSEWHERE = [
    "http://127.0.0.1:{other}/fhir/Observation",
    "https://127.0.0.1:{own}/fhir/Observation",
    "http://127.0.0.1/fhir/Observation",
    "http://localhost:{own}/fhir/Observation",
    "http://u:p@127.0.0.1:{own}/fhir/Observation",
    "http://127.0.0.1:{own}@127.0.0.1:{other}/fhir/Observation",
    "http://127.0.0.1:{own}/fhirX/Observation",
    "http://127.0.0.1:{own}/fhir/../admin",
    "http://127.0.0.1:{own}/fhir/%2e%2e/admin",
    "http://127.0.0.1:{own}/other",
    "//127.0.0.1:{other}/fhir/Observation",
    "/other",
    "../other",
    "\\\\127.0.0.1:{other}\\fhir",
    "http://0x7f.1:{own}/fhir/Observation",
    "http://127.1:{own}/fhir/Observation",
    "http://[::ffff:127.0.0.1]:{own}/fhir/Observation",
    "http://169.254.169.254/latest/meta-data",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "http://[",
    "http://127.0.0.1:{own}/fhir/Observation\r\nX-Injected: yes",
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_a_next_link_leaves_the_server_in_no_way(url: str) -> None:
    """P-37: the first page counts, and the token goes nowhere else."""
    with FaultyFhir(says(answer(PAGE))) as other:

        def play(wire: Wire) -> None:
            link = [{"relation": "next", "url": url.format(other=other.port, own=server.port)}]
            wire.say(answer(orjson.dumps(bundle(lab("o1"), link=link))))

        with FaultyFhir(play) as server:
            asked = call(server.base, authority=Authority("t"))
            arrival = gather(asked, (LABS,), UTC, open_reader(asked, lambda _: True), 10, monotonic).arrivals["labs"]
        assert len(server.targets) == 1
        assert other.targets == []
    assert [each.where for each in arrival.entries] == ["Observation/o1"]
    assert arrival.truncated


@pytest.mark.parametrize("url", [*ELSEWHERE, "http://127.0.0.1:{other}/fhir/Medication/m", "#m", "urn:uuid:m", ""])
def test_a_medication_elsewhere_is_not_read(url: str) -> None:
    """P-37: a reference in an order is followed on the server of the call alone, and only to a Medication."""
    with FaultyFhir(says(answer(PAGE))) as other, FaultyFhir(says(answer(PAGE))) as server:
        opened = open_reader(call(server.base, authority=Authority("t")), lambda _: True)
        assert isinstance(opened, FhirReader)
        reference = url.format(other=other.port, own=server.port)
        found = read_medication_reference(opened, reference, opened.monotonic() + 10)
        assert found == Unknown(Reason.UNUSABLE_VALUE, where=reference)
        assert (server.targets, other.targets) == ([], [])


def test_no_redirect_is_followed() -> None:
    """S-22: not to another server, and not to this one either; the token goes nowhere."""
    with FaultyFhir(says(answer(PAGE))) as other:

        def play(wire: Wire) -> None:
            where = f"{other.base}/Observation" if "302" in wire.target else f"{server.base}/elsewhere"
            wire.say(answer(b"", "302 Found", Location=where, Refresh=f"0; url={other.base}"))

        with FaultyFhir(play) as server:
            assert read(server.base, Route(), "Observation?x=302") is Reason.FETCH_FAILED
            assert read(server.base, Route()) is Reason.FETCH_FAILED
        assert len(server.targets) == 2
        assert other.targets == []


def _client(name: str, base: str, **more: Any) -> Client:
    return Client(name, Position("site.yaml", 1, 1), Decided(f"client {name}"), base=base, **more)


def test_a_client_has_its_own_server_read_and_no_other() -> None:
    """S-23: one EHR cannot make the service read another's data, nor anything else."""
    with LoopbackFhir([bundle(lab("o1"))]) as first, LoopbackFhir([bundle(lab("o2"))]) as second:
        one, two, none = _client("one", first.base), _client("two", second.base), _client("none", "")
        routes = FhirRoutes((one, two, none), is_open=False, in_trials=lambda _: True)
        token = Authority("t")
        for client, base, may in (
            (one, first.base, True),
            (two, second.base, True),
            (one, second.base, False),
            (two, first.base, False),
            (none, first.base, False),
            (None, first.base, False),
            (one, first.base + "/x", False),
            (one, first.base.replace("127.0.0.1", "localhost"), False),
            (one, first.base.replace("http:", "https:"), False),
            (one, "", False),
        ):
            assert allowed(client, base) is may
            opened = routes.open(call(base, authority=token), client, monotonic)
            assert isinstance(opened, FhirReader) is may
        assert not allowed(none, "")


def test_plain_http_is_for_this_computer() -> None:
    """S-22: a token is sent in the clear nowhere, except in trials, and through a proxy never."""
    https, http, here = (read_base(each) for each in ("https://x.org/r4", "http://x.org/r4", "http://localhost/r4"))
    assert https is not None
    assert http is not None
    assert here is not None
    assert [Route().leads_to(each) for each in (https, http, here)] == [True, False, True]
    assert LAX.leads_to(http)
    through = Route(plain=True, proxy="http://proxy.example.org:3128")
    assert [through.leads_to(each) for each in (https, http, here)] == [True, False, False]
