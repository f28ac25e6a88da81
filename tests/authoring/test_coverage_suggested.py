"""What no test reaches comes with a test that reaches it: pasted into its file, coverage is complete."""

import json
from argparse import Namespace

import pytest
from tiny_content import FACTS, RULE, tiny
from tiny_content import PACK as BARE

from cds.authoring.cover_report import coverage_data, suggestion_lines
from cds.authoring.cover_suggest import Suggester
from cds.authoring.cover_write import TABLES, TESTS, Piece, new_file, pasted
from cds.authoring.fmt_format import format_file
from cds.authoring.loopback import LoopbackFhir
from cds.authoring.test_coverage import coverage
from cds.authoring.test_evaluate import run_trial
from cds.authoring.test_options import check_options
from cds.authoring.test_suite import load_suite
from cds.content import find_content, read_content
from cds.errors import StartError
from cds.language.report import Report

PACK = BARE.replace("topics: {labs: Laboratory}", "topics: {labs: Laboratory, unavailable: Could not be checked}")
PATH = "rules/tiny/only.test.yaml"
COMMON = """\
tests_for: tiny
today: 2026-11-24
defaults: {order: {code: RxNorm 1}}
"""
SHARED_FACTS = (
    FACTS.replace("dated_within: 31 days", "dated_within: 5 days")
    + """\
  again: {ask: Is one newer than the window?, exists: results, dated_within: window}
  high: {ask: Is it high?, at_least: limit, of: result}
  tier: {ask: How high?, band: {A: 200 mg/dL, B: 300 mg/dL}, of: result}
  asked_for: {ask: Is it asked for here?, setting: wanted}
  worst:
    ask: What of it?
    first:
      - {if: {tier: B}, then: grave}
      - {if: {tier: A}, then: lesser}
      - {otherwise: nothing}
  matters:
    ask: Does it matter?
    all:
      - {asked_for: yes}
      - high
parameters:
  window: {ask: How old?, default: 31 days, min: 7 days, max: 60 days, basis: nobody}
  limit: {ask: How high?, default: 200 mg/dL, min: 100 mg/dL, max: 300 mg/dL, of: analyte, basis: nobody}
  wanted: {ask: Is it wanted?, default: yes, one_of: [yes, no], basis: nobody}
"""
)
"""Facts of every kind that is counted: with a window, a limit, bands, a setting, and logic over them."""
ALL_OF_THEM = RULE.replace(
    "{on_file: no}",
    "{on_file: no, again: [yes, no, unknown], worst: [grave, lesser, nothing, unknown], matters: [yes, no, unknown]}",
)


def tiny_files(tests=""):
    """The tiny pack with the tests of its one rule."""
    files = tiny(pack=PACK, facts=SHARED_FACTS, rule=ALL_OF_THEM)
    files["rules/tiny/pack.test.yaml"] = COMMON.encode()
    files[PATH] = (new_file("only") + tests).encode()
    return files


def looked_at(files, profile="here", pack="tiny", rules=None):
    """The coverage of a pack, or of some of its rules, with the suggestions; every test of it passes."""
    report = Report()
    packs = load_suite(files, profile, report)
    assert not report.errors, report.found
    found = next(each for each in packs if each.name == pack)
    several = [each for each in found.rules if rules is None or each.rule in rules]
    with LoopbackFhir() as server:
        results = [run_trial(trial, server) for tests in several for trial in tests.trials]
        assert all(result.passed for result in results)
        reached = coverage(found, several, results)
        return reached, list(Suggester(found, files, server).suggest(reached))


def paste(files, suggestions):
    """The files with every suggested test pasted where it belongs."""
    files = dict(files)
    for each in suggestions:
        if each.piece is not None:
            files[each.path] = pasted(files[each.path].decode(), each.piece).encode()
    return files


ONE = "tests:\n  - name: none on file\n    expect: {finding: LAB-01}\n"


@pytest.fixture(scope="module")
def grown():
    """The tiny pack with all that was suggested to one test, and the suggestions."""
    files = tiny_files(ONE)
    before, suggestions = looked_at(files)
    assert not before.complete
    return paste(files, suggestions), suggestions


def test_a_rule_with_one_test_becomes_complete_by_what_is_printed(grown):
    files, suggestions = grown
    assert {each.missed.item.kind for each in suggestions} == {"cases", "rows", "phases", "states", "limits", "bounds"}
    assert [each.missed.words for each in suggestions if each.piece is None and not each.above] == []
    found, more = looked_at(files)
    assert found.complete
    assert more == []


@pytest.mark.parametrize("kind", ["cases", "phases", "states", "limits", "bounds"])
def test_what_a_deleted_test_alone_reached_is_printed_anew(grown, kind):
    files, suggestions = grown
    for gone in (each for each in suggestions if each.piece is not None and each.missed.item.kind == kind):
        text = files[PATH].decode()
        less = text.replace("\n".join(gone.piece.lines) + "\n", "")
        assert less != text
        found, printed = looked_at({**files, PATH: less.encode()})
        if not found.complete:  # else others reach it as well
            after, _ = looked_at(paste({**files, PATH: less.encode()}, printed))
            assert after.complete
            return
    pytest.fail(f"no test alone reaches anything of the {kind}")


def test_what_is_printed_is_in_the_canonical_layout(grown):
    files, _ = grown
    assert not format_file(PATH, files[PATH], files).differs


def test_a_bound_comes_as_a_table_of_both_its_sides_that_fails_without_the_setting(grown):
    _, suggestions = grown
    (window,) = (each for each in suggestions if each.missed.words == "limit 300 mg/dL")
    assert window.piece.section == TABLES
    assert "    parameters: {limit: 300 mg/dL}" in window.piece.lines
    rows = [line for line in window.piece.lines if line.startswith("      - {is:")]
    assert len(rows) == 2
    assert rows[0].startswith("      - {is: 300 mg/dL,")


IMPOSSIBLE = """\
  - when: {on_file: yes, older: no}
    silent: A result of five days is not one of sixty.
"""


def test_what_no_test_reaches_is_said_in_words_with_the_entry_that_declares_it():
    files = tiny_files(ONE)
    older = "  older: {ask: Is an older one on file?, exists: results, dated_within: 60 days}\nparameters:"
    files["rules/tiny/facts/shared.yaml"] = SHARED_FACTS.replace("parameters:", older).encode()
    rule = RULE.replace("when: {on_file: yes}", "when: {on_file: yes, older: yes}")
    rule = rule.replace("when: {on_file: unknown}", "when: [{on_file: unknown}, {on_file: yes, older: unknown}]")
    files["rules/tiny/only.yaml"] = (rule + IMPOSSIBLE).encode()
    found, suggestions = looked_at(files)
    none = next(each for each in suggestions if each.missed.words.endswith(" is not one of sixty."))
    lines = list(suggestion_lines(none))
    assert lines[0] == f"to reach {none.missed.words}"
    assert lines[1].startswith("# no test found among ")
    assert lines[1].endswith(f"What no test can reach is declared in {PATH}:")
    assert lines[2:] == ["unreachable:", f"  - what: '{none.missed.words}'", "    because: …"]
    (said,) = [each for each in coverage_data(found, [], suggestions)["missing"] if each["what"] == none.missed.words]
    assert said["test"] is None
    assert said["tried"] > 0
    assert json.dumps(coverage_data(found, [], suggestions))


def test_a_table_that_is_deleted_from_a_shipped_rule_is_printed_anew():
    path = "rules/isotretinoin/second-course.test.yaml"
    files = dict(read_content(find_content()))
    text = files[path].decode()
    start, end = (
        text.index("  - name: last supply of 30 days, where a site sets pause to 62"),
        text.index("unreachable:"),
    )
    files[path] = (text[:start] + text[end:]).encode()
    chosen = {"profile": "us-rems-2026", "pack": "isotretinoin", "rules": ["second-course"]}
    found, (printed,) = looked_at(files, **chosen)
    assert not found.complete
    assert printed.missed.words == "pause 62 days"
    assert "      - {is: 92 days ago, expect: " in "\n".join(printed.piece.lines)
    after, _ = looked_at(paste(files, [printed]), **chosen)
    assert after.complete


def test_a_piece_goes_to_the_end_of_its_section():
    piece = Piece(TESTS, ("  - name: new", "    expect: silent"))
    text = "tests_for: a\ntests:\n  - name: old\n    expect: silent\n\n# remark\ntables:\n  - name: t\n"
    assert pasted(text, piece) == (
        "tests_for: a\ntests:\n  - name: old\n    expect: silent\n  - name: new\n    expect: silent\n\n"
        "# remark\ntables:\n  - name: t\n"
    )
    assert pasted("tests_for: a\ntables:\n  - name: t\n", piece) == (
        "tests_for: a\ntests:\n  - name: new\n    expect: silent\ntables:\n  - name: t\n"
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"json": True}, "--json does nothing here: it goes with --mutants or --coverage"),
        ({"rule": "age"}, "--rule does nothing here: it goes with --mutants or --coverage"),
        ({"sample": 1, "coverage": True}, "--sample does nothing here: it goes with --mutants"),
        ({"jobs": 2}, "--jobs does nothing here: it goes with --mutants"),
        ({"mutants": True, "coverage": True}, "--mutants and --coverage are two runs: name one of them"),
    ],
)
def test_options_that_would_do_nothing_are_refused(given, said):
    with pytest.raises(StartError) as refused:
        check_options(Namespace(**given))
    assert str(refused.value) == said
