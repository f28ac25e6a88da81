"""The rule-test tool: what it reads, what it builds, and what it says when a test fails."""

from datetime import date
from textwrap import dedent

import pytest

from cds.authoring.loopback import Faults, LoopbackFhir
from cds.authoring.test_build import Builder
from cds.authoring.test_coverage import coverage, coverage_lines
from cds.authoring.test_dates import read_when, with_dates
from cds.authoring.test_evaluate import run_trial
from cds.authoring.test_file import Line
from cds.authoring.test_measure import read_quantity
from cds.authoring.test_pack import TestedPack
from cds.authoring.test_report import failure
from cds.authoring.test_suite import ENDING, load_suite
from cds.cards.models import r4_problem
from cds.facts.kinds import KINDS
from cds.language.load import read_library
from cds.language.node import Fields, Text
from cds.language.report import Report
from cds.values.diagnostic import Position

PROFILE = "us-rems-2026"
RULE = "baseline-triglycerides"
FILE = f"rules/isotretinoin/{RULE}{ENDING}"
TODAY = date(2026, 11, 24)
AT = Position("a.yaml", 1, 1)


def loaded(content, tests):
    """The suite when the rule's test file says this and no other rule is tested; and the report."""
    files = {
        name: body
        for name, body in content.items()
        if not name.startswith("rules/acitretin/") and (not name.endswith(ENDING) or name.endswith("/pack.test.yaml"))
    }
    files[FILE] = f"tests_for: {RULE}\n{dedent(tests)}".encode()
    report = Report()
    return load_suite(files, PROFILE, report), report


def trials_of(content, tests):
    """The trials of a test file that must be sound."""
    packs, report = loaded(content, tests)
    assert not report.errors, report.found
    return next(each for each in packs[0].rules if each.rule == RULE).trials


def problem(content, tests):
    """The one problem of a test file."""
    _, report = loaded(content, tests)
    assert report.errors == 1, report.found
    return report.found[0]


@pytest.fixture(scope="module")
def server():
    """A FHIR server for all tests of the module."""
    with LoopbackFhir() as running:
        yield running


@pytest.fixture(scope="module")
def library(content):
    """The shipped content, read once."""
    return read_library(content, KINDS, Report())


def test_a_test_that_holds_passes_through_prefetch_and_searches(content, server):
    (trial,) = trials_of(content, "tests: [{name: none, expect: {finding: LIPID-01, indicator: warning}}]")
    result = run_trial(trial, server)
    assert result.passed
    assert [run.by for run in result.runs] == ["prefetch", "searches"]
    assert failure(result) == ""


def test_a_failing_test_names_its_place_and_only_what_differs(content, server):
    (trial,) = trials_of(
        content,
        """\
        tests:
          - name: too much
            data:
              - triglycerides: {value: 120 mg/dL, date: 40 days ago}
            expect: {finding: LIPID-01, indicator: critical, found_contains: 120 mg/dL}
        """,
    )
    words = failure(run_trial(trial, server))
    assert words.splitlines()[0] == f"{FILE}:3:5: FAIL too much"
    assert "indicator" in words.splitlines()[1]
    assert "expected critical" in words
    assert "got warning" in words
    assert "expected … 120" not in words
    assert "baseline-triglycerides.on_file no" in words


def test_a_wrong_ending_is_shown_with_the_reason_of_the_other(content, server):
    (trial,) = trials_of(content, "tests: [{name: gone, not_supplied: [labs], expect: silent}]")
    words = failure(run_trial(trial, server))
    assert "expected silent" in words
    assert "got not_checked: baseline triglycerides" in words
    assert "not_supplied labs" in words


@pytest.mark.parametrize(
    ("expect", "what"),
    [
        ("{finding: LIPID-01, headline_contains: pending}", "headline"),
        ("{finding: LIPID-01, found_lacks: none on file}", "found"),
        ("{finding: LIPID-01, facts: {on_file: yes}}", "fact on_file"),
        ("{not_checked: yes, reasons: [truncated]}", "ending"),
        ("not_applicable", "ending"),
    ],
)
def test_each_expectation_can_fail(content, server, expect, what):
    (trial,) = trials_of(content, f"tests: [{{name: none, expect: {expect}}}]")
    result = run_trial(trial, server)
    assert [each.what for each in result.wrong] == [what]


def test_reasons_are_compared(content, server):
    (trial,) = trials_of(
        content, "tests: [{name: gone, not_supplied: [labs], expect: {not_checked: yes, reasons: [timed_out]}}]"
    )
    (wrong,) = run_trial(trial, server).wrong
    assert (wrong.what, wrong.expected, wrong.got) == ("reasons", "timed_out", "not_supplied")


def test_a_todo_that_fails_passes_and_one_that_holds_fails(content, server):
    gap, mended = trials_of(
        content,
        """\
        tests:
          - {name: gap, todo: not built yet, expect: silent}
          - {name: mended, todo: not built yet, user: role, expect: {finding: LIPID-01}}
        """,
    )
    assert run_trial(gap, server).passed
    result = run_trial(mended, server)
    assert not result.passed
    assert failure(result).splitlines()[1:] == ["  it passes, so remove todo: not built yet"]


def test_a_disagreement_of_prefetch_and_searches_is_a_failure(content):
    (trial,) = trials_of(
        content,
        """\
        tests:
          - name: on file
            data: [{triglycerides: {value: 120 mg/dL, date: 10 days ago}}]
            expect: silent
        """,
    )
    with LoopbackFhir(faults=Faults(status={"Observation": 500})) as broken:
        result = run_trial(trial, broken)
    assert not result.wrong
    assert not result.passed
    assert "prefetch and searches disagree" in failure(result)


def test_rows_of_a_table_are_tests(content, server):
    first, second = trials_of(
        content,
        """\
        tables:
          - name: age
            vary: triglycerides.date
            base: [{triglycerides: {value: 120 mg/dL}}]
            rows:
              - {is: 31 days ago, because: it counts, expect: silent}
              - {is: 32 days ago, expect: {finding: LIPID-01}}
        """,
    )
    assert [first.name, second.name] == ["age: 31 days ago, it counts", "age: 32 days ago"]
    assert first.at.line == 7
    assert run_trial(first, server).passed
    assert run_trial(second, server).passed


def test_parameters_are_those_of_a_site(content, server):
    (trial,) = trials_of(
        content,
        """\
        tests:
          - name: shorter
            parameters: {baseline_window: 14 days}
            data: [{triglycerides: {value: 120 mg/dL, date: 15 days ago}}]
            expect: {finding: LIPID-01, headline_contains: 14 days}
        """,
    )
    assert run_trial(trial, server).passed


@pytest.mark.parametrize(
    ("tests", "id", "words"),
    [
        ("data: [{triglyceride: {value: 1 mg/dL}}], expect: silent", "unknown-retrieve", "triglycerides"),
        ("expect: {finding: LIPID-1}", "unknown-ending", "LIPID-01"),
        ("expect: {finding: LIPID-01, facts: {on_fiel: no}}", "unknown-fact", "on_file"),
        ("expect: {finding: LIPID-01, facts: {on_file: maybe}}", "unknown-state", "unknown"),
        ("expect: {not_checked: yes, reasons: [not_suplied]}", "unknown-reason", "not_supplied"),
        ("failed: [lab], expect: silent", "unknown-group", "labs"),
        ("hook: order-sing, expect: silent", "unknown-hook", "order-sign"),
        ("profile: us-rems, expect: silent", "unknown-profile", "us-rems-2026"),
        ("data: [{patient: {birthsex: F}}], expect: silent", "unknown-field", "birth_sex"),
        ("data: [{triglycerides: {value: 1 mg/dL, dat: today}}], expect: silent", "unknown-key", "date"),
        ("data: [{triglycerides: {value: 1 mg/dL, supply: 3 days}}], expect: silent", "field", ""),
        ("data: [{triglycerides: {}}], expect: silent", "no-value", "value: none"),
        ("data: [{triglycerides: {value: a lot}}], expect: silent", "quantity", "120 mg/dL"),
        ("data: [{triglycerides: {value: 1 mg/dL, date: soon}}], expect: silent", "date", "today"),
        ("data: [{triglycerides: {value: 1 mg/dL, code: LONIC 1-1}}], expect: silent", "code-form", "LOINC"),
        ("parameters: {baseline_windo: 3 days}, expect: silent", "unknown-parameter", "baseline_window"),
        ("parameters: {baseline_window: 3 days}, expect: silent", "out-of-bounds", "bounds"),
        ("expect: quiet", "form", "silent"),
        ("tests: [{name: a, expect: silent}, {name: a, failed: [labs], expect: silent}]", "test-twice", "different"),
        ("tests: [{name: a, expect: silent}, {name: b, expect: silent}]", "same-test", "Keep one"),
        ("expect: {facts: {}}", "structure", ""),
        ("expect: {silent: yes, suggest: [lipid-panel]}", "of-finding", ""),
        ("expect: {silent: yes, not_checked: yes}", "endings", ""),
        ("expect: {silent: yes, headline: b}", "of-finding", ""),
        ("tables: [{name: a, vary: alt.date, rows: [{is: today, expect: silent}]}]", "vary", ""),
        ("defaults: {order: {}}", "defaults", ""),
    ],
)  # fmt: skip
def test_whatever_is_wrong_is_said_with_its_place_and_a_remedy(content, tests, id, words):
    whole = tests if tests.startswith(("tests", "tables", "defaults")) else f"tests: [{{name: a, {tests}}}]"
    found = problem(content, whole)
    assert found.id == id
    assert found.at.file == FILE
    assert found.at.line == 2
    assert words in f"{found.what} {found.remedy}"


def test_a_rule_that_the_profile_leaves_out_is_said_to_be(content):
    report = Report()
    path = f"rules/isotretinoin/quarterly-alt{ENDING}"
    load_suite({**content, path: b"tests_for: quarterly-alt\ntests: [{name: a, expect: silent}]\n"}, PROFILE, report)
    assert [each.id for each in report.found] == ["rule-off"]


def test_a_test_file_without_its_rule_is_an_error(content):
    report = Report()
    load_suite({**content, "rules/isotretinoin/nothing.test.yaml": b"tests_for: nothing\n"}, PROFILE, report)
    assert [each.id for each in report.found] == ["no-rule"]


def test_a_file_for_another_rule_is_an_error(content):
    report = Report()
    load_suite({**content, FILE: b"tests_for: baseline-alt\n"}, PROFILE, report)
    assert [each.id for each in report.found] == ["file-name"]


def test_what_is_built_is_valid_and_satisfies_its_retrieve(library):
    pack = TestedPack(library, "isotretinoin", PROFILE, Report())
    builder = Builder(pack, TODAY, "p1", Fields(AT))
    for name, retrieve in pack.base().scope.names.retrieves.items():
        fields = {"value": f"10 {retrieve.scale.unit}"} if retrieve.value == "quantity" else {}
        fields |= {"value": "1"} if retrieve.value == "score" else {}
        fields |= {"text": "anything"} if retrieve.coded else {}
        keys = {key: Text(AT, key) for key in fields}
        line = Line(Text(AT, name), Fields(AT, keys, {key: Text(AT, value) for key, value in fields.items()}))
        built = builder.of_line(line)
        assert built is not None, (name, pack.report.found)
        assert r4_problem(built.resource) == "", name
        assert built.group == retrieve.groups[0]
    assert not pack.report.errors, pack.report.found


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("today", "2026-11-24"),
        ("1 day ago", "2026-11-23"),
        ("31 days ago", "2026-10-24"),
        ("2 days ahead", "2026-11-26"),
        ("15 years ago", "2011-11-24"),
        ("2026-11", "2026-11"),
        ("2026-11-20T08:00:00Z", "2026-11-20T08:00:00Z"),
        ("next week", None),
    ],
)
def test_dates_count_from_the_day_of_the_test(words, day):
    assert read_when(words, TODAY) == day


def test_dates_in_raw_elements_are_counted_too():
    assert with_dates({"a": ["10 days ago", "10 days"], "b": {"c": "today"}}, TODAY) == {
        "a": ["2026-11-14", "10 days"],
        "b": {"c": "2026-11-24"},
    }


def test_quantities_stand_as_laboratories_send_them(library):
    units = library.shared.units
    assert read_quantity(">800 mg/dL", units) == {
        "value": 800,
        "comparator": ">",
        "unit": "mg/dL",
        "system": "http://unitsofmeasure.org",
        "code": "mg/dL",
    }
    assert read_quantity("22 IU/L", units) == {"value": 22, "unit": "IU/L"}
    assert read_quantity("1.5", units) == {"value": 1.5}
    assert read_quantity("much", units) is None


def test_coverage_counts_cases_rows_states_and_both_sides_of_limits(content, server):
    packs, report = loaded(
        content,
        """\
        tables:
          - name: age
            vary: triglycerides.date
            base: [{triglycerides: {value: 120 mg/dL}}]
            rows:
              - {is: 31 days ago, expect: silent}
              - {is: 33 days ago, expect: {finding: LIPID-01}}
        """,
    )
    assert not report.errors
    several = [each for each in packs[0].rules if each.rule == RULE]
    results = [run_trial(trial, server) for trial in several[0].trials]
    found = coverage(packs[0], several, results)
    assert not found.complete
    lines = "\n".join(coverage_lines(found))
    assert "baseline-triglycerides: cases 2/4, rows 2/4, phases 1/3" in lines
    assert "limits 1/2" in lines
    assert "never: just past dated_within baseline_window of baseline-triglycerides.on_file" in lines
    assert "never: baseline-triglycerides.on_file unknown" in lines


def test_what_is_declared_out_of_reach_is_not_missed_and_is_stale_once_reached(content, server):
    packs, report = loaded(
        content,
        """\
        tests: [{name: none, expect: {finding: LIPID-01}}]
        unreachable:
          - {what: phase restart, because: nobody starts again here}
          - {what: phase initial, because: nobody starts here either}
        """,
    )
    assert not report.errors, report.found
    several = [each for each in packs[0].rules if each.rule == RULE]
    found = coverage(packs[0], several, [run_trial(trial, server) for trial in several[0].trials])
    lines = "\n".join(coverage_lines(found))
    assert "never: phase restart" not in lines
    assert "never: phase unknown" in lines
    assert f"{FILE}:5:5: STALE unreachable: phase initial" in lines


def test_bounds_are_reached_by_tests_that_would_fail_without_the_setting(content, server):
    path = f"rules/isotretinoin/second-course{ENDING}"
    tests = """\
tests_for: second-course
tests:
  - name: a pause of 49 days, where a site sets 49 days
    parameters: {pause: 49 days}
    data: [{isotretinoin_orders: {date: 79 days ago, supply: 30 days}}]
    expect: silent
  - {name: a first course is none whatever the pause, parameters: {pause: 62 days}, expect: not_applicable}
"""
    report = Report()
    packs = load_suite({**content, path: tests.encode()}, PROFILE, report)
    assert not report.errors, report.found
    pack = next(each for each in packs if each.name == "isotretinoin")
    several = [each for each in pack.rules if each.rule == "second-course"]
    found = coverage(pack, several, [run_trial(trial, server) for trial in several[0].trials])
    lines = "\n".join(coverage_lines(found))
    assert "bounds 1/2" in lines
    assert "never: pause 62 days" in lines
