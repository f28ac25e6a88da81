"""A real PostgreSQL, the shipped content, and the helpers of the tests of records and of the web."""

import sys
from pathlib import Path

import pytest
from answer.answer_samples import PROFILES, Service
from postgresql_server import NEEDS_POSTGRESQL, databases

from cds.record.database import prepare
from cds.record.place import FILE, Place
from cds.web.services import load_ready

sys.path += [str(Path(__file__).parents[1] / name) for name in ("record", "web", "answer")]

NEEDS = NEEDS_POSTGRESQL


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory):
    """Makes a new, empty database of a real server, and gives its place."""
    with databases("memory", tmp_path_factory) as make:
        yield make


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))])
def place(request, tmp_path):
    """A prepared database of each kind."""
    found = Place(tmp_path / FILE) if request.param == "sqlite" else request.getfixturevalue("postgresql")()
    prepare(found)
    return found


@pytest.fixture(scope="session")
def service(content):
    """The shipped content under the profile of the United States."""
    return Service(load_ready(content, PROFILES["us"]))
