"""Broken content: what is said of each mistake, word for word."""

import pytest
from broken_content import FOLDER, TODAY, load, said, sample

from cds.authoring.check import examine

CASES = sorted(FOLDER.glob("*.yaml"))


def test_the_sample_is_sound():
    """Without an edit there is nothing to say, so every message of a case comes from its edit."""
    assert examine(sample(), TODAY).diagnostics == ()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_check_says_what_the_case_expects(path):
    """Each broken content is reported with place, id, meaning and remedy, and with nothing besides."""
    case = load(path)
    assert said(case) == "\n".join(line.rstrip() for line in case["says"].splitlines())


def test_there_are_many_cases():
    """The corpus does not shrink by accident."""
    assert len(CASES) >= 140
