"""A network that a test does not have."""

import pytest
from stub_network import Network


@pytest.fixture
def network(monkeypatch):
    """Name servers and addresses, told by the test."""
    return Network(monkeypatch)
