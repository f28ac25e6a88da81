"""The shipped plan, and its facts by name."""

import facts_samples
import pytest

from cds.facts.kinds import KINDS
from cds.language.load import load_plan
from cds.language.report import Report


@pytest.fixture(scope="session")
def loaded(content):
    """The shipped plan under the profile of the United States, and the library from which it was compiled."""
    found = load_plan(content, KINDS, "isotretinoin", "us-rems-2026", Report())
    assert found is not None
    return found


@pytest.fixture(scope="session")
def plan(loaded):
    """The shipped plan."""
    return loaded[0]


@pytest.fixture(scope="session")
def value_sets(loaded):
    """Its value sets by name, with their units."""
    return loaded[1].shared.value_sets


@pytest.fixture(scope="session")
def facts(plan):
    """Its facts by name."""
    return facts_samples.facts(plan)


@pytest.fixture(scope="session")
def retrieves(plan):
    """Its retrieves by name."""
    return facts_samples.retrieves(plan)
