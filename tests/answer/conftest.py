"""The shipped content, compiled once for each profile."""

import pytest
from answer_samples import PROFILES, Service

from cds.authoring.loopback import LoopbackFhir
from cds.web.services import load_ready


@pytest.fixture(scope="session")
def services(content):
    """The shipped content by short name of the profile."""
    return {short: Service(load_ready(content, profile)) for short, profile in PROFILES.items()}


@pytest.fixture(scope="session")
def service(services):
    """The shipped content under the profile of the United States."""
    return services["us"]


@pytest.fixture(scope="session")
def fhir():
    """One FHIR server whose charts are exchanged; its kept connections spare time."""
    with LoopbackFhir() as running:
        yield running
