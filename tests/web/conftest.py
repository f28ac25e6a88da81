"""The application over the sample pack, and a served process over the real content."""

import socket
import sys
from pathlib import Path

import pytest
from access_site import EPIC, NEIGHBOUR, Hospital, guarded, site_file
from postgresql_server import NEEDS_POSTGRESQL
from web_samples import demonstration, sample_files
from web_servers import served

from cds.authoring.loopback import LoopbackFhir
from cds.language.defaults import default_profile
from cds.settings import Settings
from cds.web.app import create_app
from cds.web.services import load_ready


def _has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


NEEDS = {"ipv6": ("IPv6 on this computer", _has_ipv6), **NEEDS_POSTGRESQL}


@pytest.fixture(scope="session")
def ready():
    """The sample pack, compiled."""
    return load_ready(sample_files(), "sample")


@pytest.fixture(scope="session")
def settings():
    """Settings of an open service."""
    return Settings(open=True, profile="sample", public_url="http://cds.test")


@pytest.fixture(scope="session")
def app(ready, settings):
    """The application over the sample pack."""
    return create_app(ready, settings)


@pytest.fixture
def client(app):
    """A client that calls the application without a socket."""
    return app.test_client()


@pytest.fixture(scope="session")
def real_ready(content):
    """The shipped content, compiled."""
    return load_ready(content, default_profile(content))


@pytest.fixture(scope="session")
def fhir():
    """A FHIR server that holds the demonstration's patients, dated as of today."""
    with LoopbackFhir(demonstration().charts) as running:
        yield running


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The shipped content, really served in two processes; time is not short, whatever else the computer does."""
    program = Path(__file__).parent / "serve_patiently.py"
    with served(tmp_path_factory.mktemp("served"), sys.executable, program) as running:
        yield running


@pytest.fixture(scope="session")
def hospital(tmp_path_factory):
    """An EHR, and the server of its keys."""
    found = Hospital(tmp_path_factory.mktemp("hospital"))
    with found.keys:
        yield found


@pytest.fixture(scope="session")
def ehr(hospital):
    """The EHR that may call."""
    return hospital.ehr


@pytest.fixture(scope="session")
def service(hospital):
    """The service in two processes, which knows the EHR, a neighbour, and one that signs by RSA and has tenants."""
    keys = hospital.keys
    clients = [
        hospital.client(),
        hospital.client("neighbour", NEIGHBOUR.issuer, keys.publish("/neighbour", NEIGHBOUR.jwk)),
        hospital.client("epic", EPIC.issuer, keys.publish("/epic", EPIC.jwk), tenants=["t-1", "t-2"]),
    ]
    with guarded(hospital.folder / "served", site_file(hospital.folder, clients), hospital.ehr) as running:
        yield running
