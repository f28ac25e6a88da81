"""Bounds of parameters that no setting reaches, and limits that lie beyond what is looked back."""

from datetime import date

import pytest
from tiny_content import FACTS, RULE, compiled, ids, tiny

from cds.authoring.check import examine

TODAY = date(2026, 11, 24)
HEAD = """\
parameters:
  due: {{ask: Due?, default: 28 days, min: 21 days, max: {due}}}
  overdue: {{ask: Overdue?, default: 42 days, min: {overdue}, max: 70 days}}
"""
TIMED = (
    FACTS
    + """\
  started: {ask: When?, start_of: phase}
  days: {ask: How long?, days_since: started}
  timing: {ask: How late?, band: {due: due, overdue: overdue}, of: days}
"""
)
ASKING = RULE.replace("'Latest: {result", '\'{timing | value | or "?"} {result')


def found(due="60 days", overdue="35 days"):
    files = tiny(facts=HEAD.format(due=due, overdue=overdue) + TIMED, rule=ASKING)
    return [(each.id, str(each.at), each.what, each.line) for each in examine(files, TODAY).diagnostics]


def test_bounds_that_a_second_setting_reaches_are_no_finding():
    """A min below the other's default is reached when the other is set lower too; so is a max above it."""
    assert found() == []
    assert found(due="69 days", overdue="22 days") == []


def test_a_max_that_nothing_leaves_room_for_is_found():
    """At the very place, with the words of the refusal."""
    place, line = (
        "rules/tiny/facts/shared.yaml:2:57",
        "  due: {ask: Due?, default: 28 days, min: 21 days, max: 70 days}",
    )
    said = "due can never be set to 70 days, its max: overdue does not lie above the band before it"
    assert found(due="70 days") == [("unreachable-bound", place, said, line)]


def test_a_min_that_nothing_leaves_room_for_is_found():
    """The other parameter cannot go below it either."""
    (one,) = found(overdue="21 days")
    assert one[2].startswith("overdue can never be set to 21 days, its min: ")


SEEN = """\
  latest: {ask: What is the latest?, latest: results, dated_within: 90 days}
  other: {ask: And the other?, latest: results, dated_within: 60 days}
  lately: {ask: How old?, days_since: latest}
  sooner: {ask: How old?, days_since: other}
  age: {ask: 'How old, whichever?', either: [sooner, lately]}
"""


@pytest.mark.parametrize(
    ("limit", "refused"),
    [
        ("at_least: 90 days, of: lately", False),
        ("at_least: 91 days, of: lately", True),
        ("above: 89 days, of: lately", False),
        ("above: 90 days, of: lately", True),
        ("below: 90 days, of: lately", False),
        ("below: 91 days, of: lately", True),
        ("band: {due: 60 days, overdue: 90 days}, of: lately", False),
        ("band: {due: 60 days, overdue: 91 days}, of: lately", True),
        ("band: {due: 60 days, overdue: 90 days}, beyond: [overdue], of: lately", True),
        ("at_least: 90 days, of: age", False),
        ("at_least: 91 days, of: age", True),
        ("at_least: 95 mg/dL, of: latest", False),
    ],
)
def test_a_limit_in_days_must_lie_within_what_is_looked_back(limit, refused):
    """Exactly at the look-back it can be reached and not exceeded; of several sources the widest counts."""
    _, report = compiled(facts=FACTS + SEEN + f"  late: {{ask: Late?, {limit}}}\n")
    assert ids(report) == (["short-look-back"] if refused else [])


def test_a_value_without_a_window_looks_back_for_ever():
    """No limit lies beyond it."""
    facts = "  old: {ask: How old?, days_since: result}\n  late: {ask: Late?, above: 9000 days, of: old}\n"
    assert ids(compiled(facts=FACTS + facts)[1]) == []


@pytest.mark.parametrize(("days", "refused"), [("31 days", False), ("30 days", True), ("10 days", True)])
def test_a_restart_must_be_possible(days, refused):
    """It begins where a course is not continued any more."""
    _, report = compiled(facts=FACTS.replace("restarts_within: 90 days", f"restarts_within: {days}"))
    assert ids(report) == (["short-look-back"] if refused else [])
