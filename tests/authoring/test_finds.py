"""Tests of retrieves: one resource a row, and whether the retrieve finds it, through prefetch and through a search."""

from textwrap import dedent

import pytest

from cds.authoring.finds_run import find_failure, run_find
from cds.authoring.loopback import LoopbackFhir
from cds.authoring.mutate_hint import Hints
from cds.authoring.mutate_list import changes_of
from cds.authoring.mutate_try import Fate, try_changes
from cds.authoring.test_suite import load_suite
from cds.language.report import Report
from tests.tiny_content import FACTS, tiny

PATH = "rules/tiny/facts/shared.test.yaml"
PACK_TESTS = b"""\
tests_for: tiny
today: 2026-11-24
defaults: {order: {code: RxNorm 1}, patient: {birth_date: {element: birthDate}}}
"""
UNKNOWN = FACTS.replace("value: quantity}", "value: quantity, doubtful: unknown}")


def loaded(rows, facts=FACTS):
    """The tiny pack with these tests beside its facts, and the report."""
    files = tiny(facts=facts.replace("value: quantity}", "value: quantity, doubtful: absent}"))
    files["rules/tiny/pack.test.yaml"] = PACK_TESTS
    files[PATH] = dedent(rows).encode()
    report = Report()
    packs = load_suite(files, "here", report)
    return packs, report


def trials(rows, facts=FACTS):
    """The rows, which must be sound."""
    packs, report = loaded(rows, facts)
    assert not report.errors, report.found
    return packs[0].finds[0].trials


def problem(rows):
    """The one problem of the rows."""
    _, report = loaded(rows)
    assert report.errors == 1, report.found
    return report.found[0]


def of_results(*rows):
    """A file of tests of the one retrieve of results."""
    lines = "".join(f"    - {{{row}}}\n" for row in rows)
    return f"finds_for: shared\nretrieves:\n  results:\n{lines}"


@pytest.fixture(scope="module")
def server():
    """A FHIR server for all tests of the module."""
    with LoopbackFhir() as running:
        yield running


@pytest.mark.parametrize(
    ("row", "finds"),
    [
        ("value: 1 mg/dL", "yes"),
        ("value: 1 mg/dL, date: none", "yes"),
        ("value: 1 mg/dL, status: preliminary", "no"),
        ("value: 1 mg/dL, code: LOINC 1742-6", "no"),
        ("value: 1 mg/dL, code: none", "no"),
    ],
)
def test_a_row_is_found_or_not(row, finds, server):
    (trial,) = trials(of_results(f"{row}, finds: {finds}"))
    found = run_find(trial, server)
    assert found.by == {"prefetch": finds, "searches": finds}
    assert found.passed


@pytest.mark.parametrize(("facts", "finds"), [(FACTS, "no"), (UNKNOWN, "unknown")])
def test_one_that_cannot_be_judged_counts_as_the_retrieve_says(facts, finds, server):
    (trial,) = trials(of_results(f"value: none, finds: {finds}"), facts)
    assert run_find(trial, server).by == {"prefetch": finds, "searches": finds}


def test_a_row_that_fails_says_what_came_by_either_way(server):
    (trial,) = trials(of_results("value: 1 mg/dL, status: preliminary, finds: yes"))
    words = find_failure(run_find(trial, server))
    assert words.startswith(f"{PATH}:4:7: FAIL results value 1 mg/dL, status preliminary")
    assert words.count("expected yes      got no") == 2


@pytest.mark.parametrize(
    ("rows", "id", "place", "words"),
    [
        (
            "finds_for: other\nretrieves: {results: [{finds: no}]}",
            "file-name",
            (1, 12),
            "stand beside the facts shared",
        ),
        ("finds_for: shared\nretrieves: {result: [{finds: no}]}", "unknown-retrieve", (2, 13), "no retrieve result"),
        (of_results("value: odd, finds: no"), "quantity", (4, 15), "no quantity"),
        (of_results("finds: no"), "no-value", (4, 7), "reads a value"),
        (of_results("value: none, finds: no", "value: none, finds: yes"), "same-test", (5, 7), "stands here twice"),
        (of_results("value: none, finds: maybe"), "not-an-option", (4, 28), "maybe"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_with_its_place(rows, id, place, words):
    found = problem(rows)
    assert (found.id, (found.at.line, found.at.column)) == (id, place)
    assert words in found.what


def test_a_file_beside_no_facts_would_never_run():
    files = tiny()
    files["rules/tiny/facts/other.test.yaml"] = b"finds_for: other\nretrieves: {results: [{finds: no}]}\n"
    report = Report()
    load_suite(files, "here", report)
    assert [(each.id, each.at.file) for each in report.found] == [("no-rule", "rules/tiny/facts/other.test.yaml")]


def fate(rows, id):
    """What became of a change where these are the only tests."""
    packs, report = loaded(rows)
    assert not report.errors, report.found
    (change,) = [each for each in changes_of(packs[0].library, "tiny") if each.id == id]
    (tried,) = try_changes(packs[0], [change], jobs=1)
    return tried


@pytest.mark.parametrize(
    ("id", "notices", "misses"),
    [
        ("results any status", "value: 1 mg/dL, status: entered-in-error, finds: no", "value: 1 mg/dL, finds: yes"),
        ("results doubtful: absent -> unknown", "value: none, finds: no", "value: 1 mg/dL, finds: yes"),
        ("analyte without its codes", "value: 1 mg/dL, finds: yes", "value: 1 mg/dL, code: none, finds: no"),
    ],
)
def test_a_change_of_a_retrieve_or_its_codes_is_noticed_by_a_row(id, notices, misses):
    assert fate(of_results(notices), id).fate is Fate.NOTICED
    assert fate(of_results(misses), id).fate is Fate.SURVIVED


def test_a_survivor_comes_with_the_row_that_would_notice_it():
    packs, _ = loaded(of_results("value: 1 mg/dL, finds: yes"))
    (change,) = [each for each in changes_of(packs[0].library, "tiny") if each.id == "results any status"]
    assert Hints(packs[0]).of(change) == (
        "in rules/tiny/facts/shared.test.yaml, under retrieves:",
        "  results:",
        "    - {status: entered-in-error, finds: no}",
    )
