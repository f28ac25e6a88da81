"""The shipped content, compiled once."""

import pytest
from answer_samples import Service

from cds.web.services import load_ready


@pytest.fixture(scope="session")
def service(content):
    """The shipped content under the profile of the United States."""
    return Service(load_ready(content, "us-rems-2026"))
