"""The shipped plan, whose words and suggestions cards are made of."""

import pytest

from cds.facts.kinds import KINDS
from cds.language.load import load_plan
from cds.language.report import Report
from cds.wire.response import response_validator


@pytest.fixture(scope="session")
def loaded(content):
    """The shipped plan under the profile of the United States, and its library."""
    found = load_plan(content, KINDS, "isotretinoin", "us-rems-2026", Report())
    assert found is not None
    return found


@pytest.fixture(scope="session")
def plan(loaded):
    """The shipped plan."""
    return loaded[0]


@pytest.fixture(scope="session")
def problems(loaded):
    """Tells where an answer departs from the response schema."""
    return response_validator(loaded[1].schemas["response"])
