"""A real PostgreSQL, started when a test first wants it, and stopped afterwards."""

import pytest
from postgresql_server import NEEDS_POSTGRESQL, databases

NEEDS = NEEDS_POSTGRESQL


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory):
    """Makes a new, empty database of a real server, and gives its place."""
    with databases("records", tmp_path_factory) as make:
        yield make
