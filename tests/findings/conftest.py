"""The shipped plan."""

import pytest

from cds.facts.kinds import KINDS
from cds.language.load import load_plan
from cds.language.report import Report


@pytest.fixture(scope="session")
def plan(content):
    """The shipped plan under the profile of the United States."""
    loaded = load_plan(content, KINDS, "isotretinoin", "us-rems-2026", Report())
    assert loaded is not None
    return loaded[0]
