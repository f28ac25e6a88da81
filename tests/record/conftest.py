"""A real PostgreSQL, started when a test first wants it, and stopped afterwards."""

from itertools import count

import pytest
from postgresql_server import NEEDS_POSTGRESQL, server

from cds.record.place import Place

NEEDS = NEEDS_POSTGRESQL


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory):
    """Makes a new, empty database of a real server, and gives its place."""
    import psycopg  # noqa: PLC0415

    numbers = count(1)
    with server() as running:

        def make():
            name = f"records{next(numbers)}"
            with psycopg.connect(running.url("postgres"), autocommit=True) as connection:
                connection.execute(f"create database {name}")
            return Place(url=running.url(name), folder=tmp_path_factory.mktemp(name))

        yield make
