"""What answers are checked against."""

import pytest

from cds.wire.response import response_validator


@pytest.fixture(scope="session")
def problems(loaded):
    """Tells where an answer departs from the response schema."""
    return response_validator(loaded[1].schemas["response"])
