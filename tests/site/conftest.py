"""A FHIR server that holds one patient's chart at a time."""

import pytest

from cds.authoring.loopback import LoopbackFhir


@pytest.fixture
def fhir():
    """A running FHIR server."""
    with LoopbackFhir([]) as server:
        yield server
