"""Broken content: what is said of each mistake, word for word, and that nothing an author can do is a traceback."""

import pytest
from broken_content import FOLDER, load, said

CASES = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_check_says_what_the_case_expects(path):
    """Each broken content is reported with place, id, meaning and remedy, and with nothing besides."""
    case = load(path)
    assert said(case) == "\n".join(line.rstrip() for line in case["says"].splitlines())
