"""The shipped facts, retrieves and value sets by name."""

import facts_samples
import pytest


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
