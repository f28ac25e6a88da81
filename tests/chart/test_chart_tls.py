"""TLS to a FHIR server: who is trusted, who we are, and who sees our certificate."""

from __future__ import annotations

import ssl
import time
from pathlib import Path

import pytest
from chart_reading import read
from chart_samples import bundle, lab
from chart_tls import Certificates, over_tls
from cryptography.hazmat.primitives import serialization
from faulty_fhir import PAGE, FaultyFhir, Wire, answer, says

from cds.authoring.loopback import LoopbackFhir
from cds.chart.page import Page
from cds.chart.route import Route
from cds.errors import StartError
from cds.language.site_client import Client
from cds.language.site_decided import Decided
from cds.values.diagnostic import Position
from cds.values.known import Reason
from cds.web.fhir_routes import FhirRoutes


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A hospital's certificate authority."""
    return Certificates(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Another one."""
    return Certificates(tmp_path_factory.mktemp("others"))


def test_the_site_says_whom_to_trust(ours: Certificates, others: Certificates) -> None:
    """ca_file counts instead of the usual authorities, and for the name in the certificate alone."""
    for names, ca_file, trusted in (
        (("127.0.0.1",), ours.ca_file, True),
        (("127.0.0.1",), others.ca_file, False),
        (("127.0.0.1",), "", False),
        (("ehr.example.org", "localhost"), ours.ca_file, False),
    ):
        with FaultyFhir(says(answer(PAGE)), tls=ours.server(*names)) as server:
            found = read(server.base, Route(ca_file=ca_file))
            assert isinstance(found, Page) if trusted else found is Reason.FETCH_FAILED
            assert bool(server.targets) is trusted


@pytest.mark.parametrize(("version", "spoken"), [("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
def test_older_tls_is_not_spoken(ours: Certificates, version: str, spoken: bool) -> None:
    """TLS 1.2 is the least."""
    context = ours.server("127.0.0.1")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with FaultyFhir(says(answer(PAGE)), tls=context) as server:
        found = read(server.base, Route(ca_file=ours.ca_file))
    assert isinstance(found, Page) if spoken else found is Reason.FETCH_FAILED


def _slow_handshake(wire: Wire) -> None:
    wire.drip(b"\x16\x03\x03\x40\x00" + b"\x02" * 1000)


@pytest.mark.parametrize("play", [Wire.hang, _slow_handshake], ids=["hangs", "drips"])
def test_a_handshake_that_never_ends_is_cut(play: object, ours: Certificates) -> None:
    """The deadline holds before HTTP begins, and the connection is let go."""
    with FaultyFhir(play, raw=True) as server:  # type: ignore[arg-type]  # a Play
        before = time.monotonic()
        assert read(server.base, Route(ca_file=ours.ca_file), seconds=2) is Reason.TIMED_OUT
        assert time.monotonic() - before < 10
        assert server.left.wait(10)


def test_a_server_may_want_to_know_us(ours: Certificates, others: Certificates) -> None:
    """Mutual TLS: with the client's certificate it is read; without, or with a strange one, it is not."""
    certificate, key = ours.client("cds.example.org")
    stranger, its_key = others.client("cds.example.org")
    with FaultyFhir(says(answer(PAGE)), tls=ours.server("127.0.0.1", clients=ours)) as server:
        assert isinstance(
            read(server.base, Route("a", ca_file=ours.ca_file, certificate=certificate, certificate_key=key)), Page
        )
        assert read(server.base, Route("b", ca_file=ours.ca_file)) is Reason.FETCH_FAILED
        strange = Route("c", ca_file=ours.ca_file, certificate=stranger, certificate_key=its_key)
        assert read(server.base, strange) is Reason.FETCH_FAILED
        assert len(server.targets) == 1


def test_no_client_uses_the_identity_of_another(ours: Certificates) -> None:
    """A connection that was kept under one client's certificate or trust is not used for another client."""
    certificate, key = ours.client("cds.example.org")
    server = LoopbackFhir([bundle(lab("o1"))])
    base = over_tls(server, ours.server("127.0.0.1", clients=ours))
    with server:
        known = Route("known", ca_file=ours.ca_file, certificate=certificate, certificate_key=key)
        for _ in range(2):
            assert isinstance(read(base, known), Page)
            assert read(base, Route("unknown", ca_file=ours.ca_file)) is Reason.FETCH_FAILED
            assert read(base, Route("trusting nobody", certificate=certificate, certificate_key=key)) is (
                Reason.FETCH_FAILED
            )
        assert len(server.requests) == 2


@pytest.mark.parametrize("spoilt", ["ca", "certificate", "key", "locked", "missing"])
def test_a_file_that_cannot_be_used_stops_the_start(tmp_path: Path, spoilt: str) -> None:
    """Nobody finds out at the first call, and nobody is asked for a password on a terminal."""
    certificates = Certificates(tmp_path / "x")
    certificate, key = certificates.client("cds.example.org")
    ca_file = certificates.ca_file
    if spoilt == "locked":
        private = serialization.load_pem_private_key(Path(key).read_bytes(), None)
        locked = serialization.BestAvailableEncryption(b"secret")
        form = serialization.PrivateFormat.PKCS8
        Path(key).write_bytes(private.private_bytes(serialization.Encoding.PEM, form, locked))
    elif spoilt == "missing":
        Path(certificate).unlink()
    else:
        Path({"ca": ca_file, "certificate": certificate, "key": key}[spoilt]).write_text("nothing")
    client = Client(
        "main-hospital",
        Position("site.yaml", 1, 1),
        Decided("client main-hospital"),
        base="https://ehr.example.org/fhir",
        ca_file=ca_file,
        certificate=certificate,
        certificate_key=key,
    )
    with pytest.raises(StartError, match=r"client main-hospital: (ca_file|client_certificate) .* cannot be used"):
        FhirRoutes((client,), is_open=False, in_trials=lambda _: False)
