"""The shipped packs are covered by their tests, whole: each case, row, phase, state, limit and bound, or a reason."""

import pytest

from cds.authoring.test_coverage import coverage, coverage_lines
from cds.authoring.test_evaluate import judge, request_of
from cds.authoring.test_suite import load_suite
from cds.content import find_content, read_content
from cds.language.defaults import default_profile
from cds.language.report import Report

PACKS = ("acitretin", "isotretinoin")
HOW = (
    "isotretinoin-cds test --coverage rules/{pack} prints a test for each of these, to paste into the file that it "
    "names; what no test can reach is declared there under unreachable:, with the reason (rules/guide/testing.md)"
)


@pytest.fixture(scope="module")
def packs():
    """The shipped packs with their tests, by name."""
    files = read_content(find_content())
    report = Report()
    found = load_suite(files, default_profile(files), report)
    assert not report.errors, report.found
    return {pack.name: pack for pack in found}


def test_every_pack_is_looked_at(packs):
    assert sorted(packs) == sorted(PACKS)


@pytest.mark.parametrize("name", PACKS)
def test_the_tests_of_a_pack_reach_all_of_it(packs, name):
    pack = packs[name]
    trials = [trial for tests in pack.rules for trial in tests.trials]
    # By prefetch alone: whether the tests pass, by searches as well, is what rules/conftest.py runs them for.
    results = [judge(trial, request_of(trial)) for trial in trials]
    found = coverage(pack, pack.rules, results)
    if not found.complete:
        pytest.fail("\n".join([*coverage_lines(found), HOW.format(pack=name)]), pytrace=False)
