"""Changes of a tiny pack: each kind is made, is noticed by a test that rests on it, and survives without that test."""

import json
from argparse import Namespace
from textwrap import dedent

import pytest
from tiny_content import FACTS, PACK, RULE, tiny

from cds.authoring.mutate_list import changes_of
from cds.authoring.mutate_try import Fate, try_changes
from cds.authoring.mutate_values import other_amounts
from cds.authoring.test_mutants import run_mutants
from cds.authoring.test_suite import load_suite
from cds.errors import StartError
from cds.language.report import Report

RICH = (
    FACTS
    + """\
  again: {ask: Is one newer than the limit?, exists: results, dated_within: window, undated_counts: yes}
  high: {ask: Is it high?, at_least: limit, of: result}
  tier: {ask: How high?, band: {A: 200 mg/dL, B: 300 mg/dL}, of: result}
  both: {ask: Is it on file and high?, all: [on_file, high]}
  not_high: {ask: Is it not high?, not: high}
  worst:
    ask: What of it?
    first:
      - {if: {tier: B}, then: grave}
      - {if: {tier: A}, then: lesser}
      - {if: high, then: nothing}
      - {otherwise: nothing}
parameters:
  window: {ask: How old?, default: 31 days, min: 7 days, max: 60 days, basis: nobody}
  limit: {ask: How high?, default: 200 mg/dL, min: 100 mg/dL, max: 300 mg/dL, of: analyte, basis: nobody}
"""
)
RICH_RULE = RULE.replace("{on_file: no}", "{on_file: no, worst: [grave, lesser, nothing, unknown]}")
GIVEN = """\
tests_for: tiny
today: 2026-11-24
defaults: {order: {code: RxNorm 1}}
"""
NONE = """\
tests_for: only
tests: [{name: none on file, expect: {finding: LAB-01}}]
"""


def pack_of(tests, common=GIVEN, **changed):
    """The tiny pack with the tests of its one rule."""
    files = tiny(**{"pack": PACK, **changed})
    files["rules/tiny/pack.test.yaml"] = common.encode()
    files["rules/tiny/only.test.yaml"] = dedent(tests).encode()
    report = Report()
    packs = load_suite(files, "here", report)
    assert not report.errors, report.found
    return packs[0]


def fate(tests, id, **changed):
    """What becomes of one change."""
    pack = pack_of(tests, **changed)
    (change,) = [each for each in changes_of(pack.library, pack.name) if each.id == id]
    (tried,) = try_changes(pack, [change], jobs=1)
    return tried


def test_each_kind_of_change_is_made_once():
    pack = pack_of(NONE, facts=RICH, rule=RICH_RULE)
    ids = [(each.owner, each.id) for each in changes_of(pack.library, pack.name)]
    assert len(ids) == len(set(ids))
    assert {
        ("only", "case 2 ending: finding -> silent"),
        ("only", "case 1 ending: silent -> not_checked"),
        ("only", "case 2 indicator: warning -> critical"),
        ("only", "case 2 indicator: warning -> info"),
        ("only", "case 2 suggest: task dropped"),
        ("only", "case 2 override: done dropped"),
        ("only", "case 1 when on_file: yes -> no"),
        ("only", "case 2 when worst: grave dropped"),
        ("only", "case 2 when worst dropped"),
        ("only", "case 1 and case 2 swapped"),
        ("only", "phase unknown dropped"),
        ("tiny", "on_file dated_within: 31 days -> 30 days"),
        ("tiny", "on_file dated_within: 31 days -> 62 days"),
        ("tiny", "on_file dated_within dropped"),
        ("tiny", "again undated_counts: yes -> no"),
        ("tiny", "window: 31 days -> 32 days"),
        ("tiny", "limit: 200 mg/dL -> 400 mg/dL"),
        ("tiny", "high at_least -> above"),
        ("tiny", "tier band A: at -> beyond"),
        ("tiny", "tier band B: 300 mg/dL -> 299 mg/dL"),
        ("tiny", "both all -> any"),
        ("tiny", "both all 1 dropped"),
        ("tiny", "both all 1 on_file: yes -> no"),
        ("tiny", "not_high not removed"),
        ("tiny", "worst first 1 dropped"),
        ("tiny", "worst first 2 and 3 swapped"),
        ("tiny", "worst first 1 then: grave -> nothing"),
        ("tiny", "results any status"),
        ("tiny", "analyte without its codes"),
    } <= set(ids)
    # Lines that ask for different states of one fact never hold together, in whatever order they stand.
    assert ("tiny", "worst first 1 and 2 swapped") not in ids


def one(expect, value="", **line):
    """A test file of one test, with one result where there is a value."""
    result = ", ".join(f"{key}: {words}" for key, words in {"value": value, **line}.items())
    data = f"data: [{{results: {{{result}}}}}], " if value else ""
    return f"tests_for: only\ntests: [{{name: a, {data}expect: {expect}}}]"


AT_31 = one("silent", "100 mg/dL", date="31 days ago")
AT_32 = one("{finding: LAB-01}", "100 mg/dL", date="32 days ago")
WITHOUT_HISTORY = """\
tests_for: only
tests: [{name: a, not_supplied: [medications], expect: {finding: LAB-01}}]
"""


@pytest.mark.parametrize(
    ("id", "notices", "misses"),
    [
        ("on_file dated_within: 31 days -> 30 days", AT_31, AT_32),
        ("on_file dated_within: 31 days -> 32 days", AT_32, AT_31),
        ("on_file dated_within dropped", AT_32, AT_31),
        ("case 2 indicator: warning -> info", one("{finding: LAB-01, indicator: warning}"), NONE),
        ("case 2 suggest: task dropped", one("{finding: LAB-01, suggest: [task]}"), NONE),
        ("case 2 override: done dropped", one("{finding: LAB-01, override: [done]}"), NONE),
        ("case 1 ending: silent -> not_checked", AT_31, NONE),
        ("phase unknown dropped", WITHOUT_HISTORY, NONE),
        ("results any status", one("{finding: LAB-01}", "1 mg/dL", status="entered-in-error"), NONE),
        ("analyte without its codes", AT_31, NONE),
        ("tier band A: at -> beyond", one("{facts: {tier: A}}", "200 mg/dL"), NONE),
        ("high at_least -> above", one("{facts: {high: yes}}", "200 mg/dL"), NONE),
        ("limit: 200 mg/dL -> 201 mg/dL", one("{facts: {high: yes}}", "200 mg/dL"), NONE),
        ("both all -> any", one("{facts: {both: no}}", "1 mg/dL"), NONE),
        ("not_high not removed", one("{facts: {not_high: yes}}"), NONE),
        ("worst first 1 dropped", one("{facts: {worst: grave}}", "300 mg/dL"), NONE),
        ("again undated_counts: yes -> no", one("{facts: {again: yes}}", "1 mg/dL", date="none"), NONE),
    ],
)
def test_a_change_is_noticed_by_a_test_that_rests_on_it_and_survives_without(id, notices, misses):
    assert fate(notices, id, facts=RICH).fate is Fate.NOTICED
    assert fate(misses, id, facts=RICH).fate is Fate.SURVIVED


def test_what_the_proof_refuses_needs_no_test():
    tried = fate(NONE, "case 1 when on_file: yes -> no")
    assert tried.fate is Fate.REFUSED
    assert tried.by.startswith(("gap", "overlap"))


def test_several_processes_find_the_same_as_one():
    pack = pack_of(NONE)
    changes = changes_of(pack.library, pack.name)
    assert list(try_changes(pack, changes, jobs=2)) == list(try_changes(pack, changes, jobs=1))


def test_changes_are_not_tried_where_a_test_fails_anyway():
    pack = pack_of("tests_for: only\ntests: [{name: a, expect: silent}]")
    with pytest.raises(StartError, match="a fails without any change"):
        list(try_changes(pack, changes_of(pack.library, pack.name), jobs=1))


@pytest.mark.parametrize(
    ("words", "others"),
    [
        ("31 days", ["30 days", "32 days", "15 days", "62 days"]),
        ("1 day", ["0 days", "2 days"]),
        ("0 days", ["1 day"]),
        ("1.5 mg/kg", ["1.4 mg/kg", "1.6 mg/kg", "0.8 mg/kg", "3.0 mg/kg"]),
        ("2", ["1", "3", "4"]),
        ("much", []),
    ],
)
def test_amounts_are_changed_by_the_smallest_step_and_by_a_telling_one(words, others):
    assert list(other_amounts(words)) == others


class Everything:
    """Names every file."""

    def has(self, file):
        """Whether it is named."""
        return bool(file)


def said(capsys, tests, common=GIVEN, as_json=False, **options):
    """Whether the command finds nothing to do, and what it prints."""
    args = Namespace(**{"rule": "only", "sample": 1, "jobs": 1, "json": as_json, **options})
    clean = run_mutants([pack_of(tests, common)], Everything(), args)
    return clean, capsys.readouterr().out


ALL = """\
tests_for: only
tests:
  - {name: none on file, expect: {finding: LAB-01, indicator: warning, suggest: [task], override: [done]}}
  - {name: on file, data: [{results: {value: 1 mg/dL}}], expect: silent}
  - {name: results are missing, not_supplied: [labs], expect: {not_checked: results}}
"""
LISTED = """\
survivors:
  - {change: phase unknown dropped, because: the history is never missing here}
"""


def test_a_survivor_is_shown_with_its_place_and_a_test_that_would_notice_it(capsys):
    clean, words = said(capsys, NONE)
    assert not clean
    assert "rules/tiny/only.yaml:19:15: SURVIVES only: case 2 suggest: task dropped" in words
    assert "in a test that expects LAB-01 by case 2: suggest: [task]" in words


def test_a_survivor_that_is_listed_with_a_reason_is_none(capsys):
    clean, words = said(capsys, ALL)
    assert not clean
    assert "SURVIVES only: phase unknown dropped" in words
    clean, words = said(capsys, ALL + LISTED)
    assert clean, words
    assert "SURVIVES" not in words
    assert "1 survive and are listed, 0 survive" in words


def test_an_entry_that_no_longer_survives_is_a_finding(capsys):
    entry = "  - {change: 'case 2 indicator: warning -> info', because: nobody looks at it}\n"
    clean, words = said(capsys, ALL + LISTED + entry)
    assert not clean
    assert "rules/tiny/only.test.yaml:8:5: STALE case 2 indicator: warning -> info" in words
    assert "it no longer survives: noticed, rules/tiny/only.test.yaml:3:5 none on file" in words


def test_an_entry_that_names_no_change_is_a_finding(capsys):
    clean, words = said(capsys, ALL + LISTED + "  - {change: phase unknwn dropped, because: it was renamed once}\n")
    assert not clean
    assert "there is no such change. Did you mean" in words


def test_what_was_not_tried_is_counted(capsys):
    _, words = said(capsys, ALL + LISTED, sample=4)
    assert "changes were not tried" in words


def test_the_same_is_had_as_json(capsys):
    _, words = said(capsys, NONE, as_json=True)
    (found,) = json.loads(words)
    assert found["pack"] == "tiny"
    assert found["fates"]["survived"] == len(found["survivors"])
    first = next(each for each in found["survivors"] if each["change"] == "case 2 suggest: task dropped")
    assert (first["file"], first["line"], first["owner"]) == ("rules/tiny/only.yaml", 19, "only")


def test_what_one_finding_does_to_another_is_noticed_by_a_test_of_the_other():
    other = RULE.replace("rule: only", "rule: other").replace("LAB-01", "LAB-02")
    replacing = other.replace("    override: [done]\n", "    override: [done]\n    replaces: [LAB-01]\n")
    for expects, becomes in (("withheld_by: LAB-02", Fate.NOTICED), ("indicator: warning", Fate.SURVIVED)):
        files = tiny(pack=PACK.replace("[only]", "[only, other]"))
        files["rules/tiny/other.yaml"] = replacing.encode()
        files["rules/tiny/pack.test.yaml"] = GIVEN.encode()
        tests = f"tests_for: only\ntests: [{{name: a, expect: {{finding: LAB-01, {expects}}}}}]\n"
        files["rules/tiny/only.test.yaml"] = tests.encode()
        report = Report()
        (pack,) = load_suite(files, "here", report)
        assert not report.errors, report.found
        (change,) = [each for each in changes_of(pack.library, "tiny") if each.kind == "replaces"]
        (tried,) = try_changes(pack, [change], jobs=1)
        assert tried.fate is becomes
