"""A result that counts as there must be one whose value is looked at."""

from datetime import date

import pytest
from tiny_content import FACTS, RULE, tiny

from cds.authoring.check import examine

TODAY = date(2026, 11, 24)
PARAMETERS = """\
parameters:
  window: {{ask: How old?, default: 31 days, min: 7 days, max: {widest}}}
  seen: {{ask: How far back?, default: 60 days, min: {narrowest}, max: 365 days}}
"""
ASKING = RULE.replace("'Latest: {result", '\'{high | evidence | or "?"} {result')


def found(seen="", compared="at_least: 300 mg/dL", counted="dated_within: 31 days", more="", before=""):
    facts = before + FACTS.replace("dated_within: 31 days", counted)
    facts += f"  recent: {{ask: What is it?, latest: results{seen}}}\n{more}"
    facts += f"  high: {{ask: High?, {compared}, of: recent}}\n"
    found = examine(tiny(facts=facts, rule=ASKING), TODAY).diagnostics
    return [(each.id, each.what, each.line[each.at.column - 1 : each.at.end_column - 1]) for each in found]


def said(days, looked, rest=""):
    return f"on_file counts results of the last {days} days, and values are compared for {looked} days only{rest}"


@pytest.mark.parametrize("days", [31, 32, 365])
def test_values_looked_at_as_far_back_are_no_finding(days):
    """The same window is enough."""
    assert found(f", dated_within: {days} days") == []


def test_a_value_without_a_window_is_looked_at_for_ever():
    """Whatever counts as there."""
    assert found() == []


@pytest.mark.parametrize(
    "compared", ["at_least: 300 mg/dL", "above: 300 mg/dL", "below: 9 mg/dL", "band: {A: 3 mg/dL}"]
)
def test_a_shorter_look_is_found(compared):
    """By every way of comparing, at the window of what counts."""
    assert found(", dated_within: 30 days", compared) == [("unseen-value", said(31, 30), "31 days")]


def test_a_first_day_that_counts_makes_the_window_a_day_shorter():
    """Day one of 31 is 30 days ago."""
    assert found(", dated_within: 30 days", counted="dated_within: 31 days, first_day_counts: yes") == []


def test_of_several_looks_the_widest_counts():
    """One of them sees what the other does not."""
    more = "  wide: {ask: '?', highest: results, dated_within: 90 days}\n  very: {ask: '?', above: 9 mg/dL, of: wide}\n"
    asking = ASKING.replace("{high", '{very | evidence | or "?"} {high')
    facts = FACTS + "  recent: {ask: '?', latest: results, dated_within: 5 days}\n" + more
    facts += "  high: {ask: High?, at_least: 300 mg/dL, of: recent}\n"
    assert examine(tiny(facts=facts, rule=asking), TODAY).diagnostics == ()


def test_how_old_a_result_is_is_no_look_at_its_value():
    """A comparison in days says nothing of how high it was."""
    more = "  age: {ask: How old?, days_since: recent}\n"
    facts = FACTS + "  recent: {ask: What is it?, latest: results, dated_within: 5 days}\n" + more
    facts += "  high: {ask: Old?, at_least: 3 days, of: age}\n"
    assert examine(tiny(facts=facts, rule=ASKING), TODAY).diagnostics == ()


@pytest.mark.parametrize(
    ("widest", "narrowest", "what"),
    [
        ("60 days", "31 days", None),
        ("61 days", "31 days", (said(61, 60, ", where window is 61 days, its max"), "61 days")),
        ("60 days", "30 days", (said(31, 30, ", where seen is 30 days, its min"), "30 days")),
    ],
)
def test_a_bound_at_which_it_becomes_so_is_found(widest, narrowest, what):
    """At the bound, for there it can be mended."""
    before = PARAMETERS.format(widest=widest, narrowest=narrowest)
    expected = [("unseen-value", *what)] if what else []
    assert found(", dated_within: seen", counted="dated_within: window", before=before) == expected
