"""Fixtures for every part of the suite."""

from pathlib import Path

import pytest

from cds.content import find_content, read_content

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def content():
    """All content files of the checkout, by relative path."""
    return read_content(find_content())
