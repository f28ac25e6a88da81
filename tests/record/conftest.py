"""A real PostgreSQL, started when a test first wants it, and stopped afterwards."""

from importlib.util import find_spec
from itertools import count

import pytest
from record_postgresql import programs, server

from cds.record.place import Place

DRIVER = find_spec("psycopg") is not None
NEEDS = {
    "psycopg": ("psycopg (pip install 'psycopg[binary]')", lambda: DRIVER),
    "postgresql": (
        "PostgreSQL and psycopg (apt-get install postgresql, pip install 'psycopg[binary]')",
        lambda: DRIVER and programs() is not None,
    ),
}


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
