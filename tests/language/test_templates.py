"""Texts with slots."""

import pytest
from tiny_content import RULE, compiled, ids

from cds.language.template import Slot


def headline(words):
    plan, report = compiled(rule=RULE.replace("headline: No result", f"headline: '{words}'"))
    return plan.plan.rules[0].cases[1].finding.headline, report


def test_a_text_without_slots_is_one_part():
    """Plain words stay as they are."""
    assert headline("No result: none")[0].parts == ("No result: none",)


def test_slots_stand_between_their_words():
    """A slot keeps its fact, its filter and what stands in when there is nothing."""
    template, report = headline('Last {result | date | or "never"} of {on_file | evidence | or "none"}!')
    assert ids(report) == []
    assert [
        part if isinstance(part, str) else (part.fact.name, part.filter, part.fallback) for part in template.parts
    ] == [
        "Last ",
        ("result", "date", "never"),
        " of ",
        ("on_file", "evidence", "none"),
        "!",
    ]
    assert all(isinstance(each, Slot) for each in template.slots)


@pytest.mark.parametrize(
    ("words", "id"),
    [
        ("{result", "brace"),
        ("result}", "brace"),
        ("{{result}}", "brace"),
        ("{}", "slot"),
        ("{Result}", "slot"),
        ("{result date}", "slot"),
        ("{result | dates}", "filter"),
        ("{result | date | value}", "filter"),
        ("{result | or none}", "filter"),
        ("{reslt}", "unknown-fact"),
    ],
)
def test_what_is_wrong_with_a_slot_is_reported(words, id):
    """Each mistake has its own message, at the place of the text."""
    _, report = headline(words)
    assert ids(report) == [id]
    assert report.found[0].at.line == RULE.splitlines().index("    headline: No result") + 1
