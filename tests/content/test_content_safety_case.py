"""The safety case names tests; each of them exists."""

import ast
import re
from functools import cache

import pytest
from content_samples import ROOT

TEXT = (ROOT / "docs" / "safety-case.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", TEXT)))


@cache
def functions(file):
    """The test functions of a file; none when there is no such file."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text())
    return frozenset(each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef))


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_test_that_the_safety_case_names_exists(file, name):
    """The file is there, and the function in it."""
    assert functions(file), f"{file} is not there"
    assert not name or name in functions(file), f"{file} has no {name}"


def test_every_hazard_has_measures_with_tests():
    """Each hazard of the table has a section, and each section names at least one test."""
    hazards = re.findall(r"^\| (H\d+) \| ([^|]+?) \|", TEXT, re.MULTILINE)
    sections = dict(re.findall(r"^### (H\d+ .+)\n((?:(?!^##).*\n?)*)", TEXT, re.MULTILINE))
    assert len(hazards) == 18
    assert list(sections) == [f"{number} {title}" for number, title in hazards]
    assert all("`tests/" in body for body in sections.values())
