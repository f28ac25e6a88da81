"""``table``: the decision table of a rule has each combination of the proof in exactly one row."""

import argparse

import pytest

from cds.authoring.table import find_rule, run_table
from cds.authoring.table_rows import decision_table
from cds.authoring.table_words import WIDTH, render_markdown, render_text
from cds.content import find_content, read_content
from cds.facts.kinds import KINDS
from cds.language.load import compile_plan, read_library
from cds.language.prove import matching
from cds.language.report import Report

FILES = read_content(find_content())
PROFILES = ("us-rems-2026", "uk-2026")


def rules_under(profile):
    report = Report()
    compiled = compile_plan(read_library(FILES, KINDS, report), "isotretinoin", profile, report)
    return compiled.plan.rules


RULES = [(profile, rule) for profile in PROFILES for rule in rules_under(profile)]
each_rule = pytest.mark.parametrize(
    ("profile", "rule"), RULES, ids=[f"{rule.name} under {profile}" for profile, rule in RULES]
)


def table(rule, **options):
    named = {"profile": "us-rems-2026", "format": "text", "rules": [], **options}
    return run_table(argparse.Namespace(rule=rule, **named))


@each_rule
def test_each_combination_stands_in_exactly_one_row(profile, rule):
    """In that of the case which the proof found; and no row stands for nothing."""
    found = decision_table(rule)
    assert found.combinations
    used = set()
    for states in found.combinations:
        rows = found.rows_of(states)
        assert [row.case for row in rows] == matching(rule.cases, states)
        used |= {id(row) for row in rows}
    assert used == {id(row) for row in found.rows}


@each_rule
def test_it_fits_a_terminal_and_is_the_same_each_time(profile, rule):
    """At most 120 characters a line, and no word of a headline lost."""
    words = render_text(decision_table(rule), profile)
    assert max(len(line) for line in words.splitlines()) <= WIDTH
    assert all(fact.ask in " ".join(words.split()) for fact in decision_table(rule).facts)
    assert render_text(decision_table(rule), profile) == words


@each_rule
def test_markdown_has_a_line_for_each_row(profile, rule):
    """All of one table, as many cells in each."""
    found = decision_table(rule)
    lines = [line for line in render_markdown(found, profile).splitlines() if line.startswith("|")]
    assert len(lines) == 2 + len(found.rows)
    assert {line.replace("\\|", "").count("|") for line in lines} == {len(found.facts) + 4}


def test_a_table_as_it_is_printed(capsys):
    """Questions with their states, then the rows in the order of the cases."""
    assert table("isotretinoin/baseline-triglycerides") == 0
    assert (
        capsys.readouterr().out
        == """\
baseline-triglycerides 1.0.0, active, under us-rems-2026: Triglycerides before the first prescription

on_file: Is there a final triglyceride result inside the window? (yes, no, unknown)
triglycerides_on_the_way: Are triglycerides ordered, or waiting in the laboratory? (yes, no, unknown)

on_file  triglycerides_on_the_way  outcome      indicator  text
-------  ------------------------  -----------  ---------  ------------------------------------------
yes      any                       silent                  A recent result is on file.
no       no, unknown               LIPID-01     warning    No triglyceride result in the last 31 days
no       yes                       LIPID-01     info       Triglyceride result is pending
unknown  any                       not checked             baseline triglycerides

9 combinations of states, each in exactly one of 4 rows.
"""
    )


def test_named_states_stand_in_the_table(capsys):
    """Those of a band, with unknown as one of its own; and what a profile decides."""
    assert table("isotretinoin/high-triglycerides", format="markdown") == 0
    american = capsys.readouterr().out
    assert "| C | any | any | LIPID-04 | critical |" in american
    assert "| unknown | any | any | not checked |  | how high triglycerides are |" in american
    assert table("tetracycline", profile="us-rems-2026", format="markdown") == 0
    assert table("tetracycline", profile="eu", format="markdown") == 0
    both = capsys.readouterr().out
    assert "| warning (or " in both
    assert "| critical (or " in both


def test_a_table_of_too_many_columns_becomes_a_list(monkeypatch):
    """Each row on lines of its own, without what does not matter there."""
    monkeypatch.setattr("cds.authoring.table_words.WIDTH", 36)
    rule = next(each for each in rules_under("us-rems-2026") if each.name == "high-triglycerides")
    words = render_text(decision_table(rule), "us-rems-2026")
    assert max(len(line) for line in words.splitlines()[:-1]) <= 36
    assert "Row 8\n  tier: unknown\n  outcome: not checked\n  text: how high triglycerides are\n" in words


@pytest.mark.parametrize("name", ["age", "isotretinoin/age", "rules/isotretinoin/age.yaml"])
def test_a_rule_is_found_by_its_name_or_its_file(name):
    """Whichever an author has at hand."""
    assert find_rule(name, "uk-2026", FILES).name == "age"


@pytest.mark.parametrize(
    ("rule", "profile", "says"),
    [
        ("agee", "us-rems-2026", "no rule is called agee. Did you mean age?"),
        ("age", "mars", "isotretinoin has no profile mars; known: au, "),
        ("quarterly-alt", "us-rems-2026", "not in force under us-rems-2026; it is under au, eu, uk-2023, uk-2026"),
        ("other/age", "us-rems-2026", "no rule is called other/age"),
    ],
)
def test_what_has_no_table_is_said(rule, profile, says, capsys):
    """With exit code 2."""
    assert table(rule, profile=profile) == 2
    assert says in capsys.readouterr().err
