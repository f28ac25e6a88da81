"""``table --format html``: every row, every case and every combination, in one file that needs nothing else."""

import re
from dataclasses import replace
from html import unescape

import pytest
from test_table import RULES, table

from cds.authoring.table_html import MOST, render_html, table_page
from cds.authoring.table_rows import decision_table

each_rule = pytest.mark.parametrize(
    ("profile", "rule"), RULES, ids=[f"{rule.name} under {profile}" for profile, rule in RULES]
)


def words(html):
    """The text of a page, blanks made one."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.partition("</style>")[2])).split())


@each_rule
def test_each_combination_is_listed_under_its_case_alone(profile, rule):
    """All cases in their order; together they have every combination once, or say how many they have."""
    found = decision_table(rule)
    page = table_page(found, profile)
    assert [case.number for case in page.cases] == [case.number for case in rule.cases]
    listed = [each for case in page.cases for each in case.combinations]
    held = {case.number: int(case.holds.split()[0]) for case in page.cases}
    assert sum(held.values()) == len(found.combinations)
    assert all(len(case.combinations) == held[case.number] for case in page.cases if held[case.number] <= MOST)
    assert len(listed) == len(set(listed))
    assert {row.case for row in page.rows} == {number for number, count in held.items() if count}


@each_rule
def test_the_file_needs_nothing_else_and_is_the_same_each_time(profile, rule):
    """No script, no address that would be loaded, one id each, no two runs alike by chance."""
    found = decision_table(rule)
    html = render_html(found, profile)
    assert html == render_html(found, profile)
    assert not re.search(r'<script|<link|src="|@import|url\(', html)
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert {link.removeprefix("#") for link in re.findall(r'href="([^"]+)"', html)} <= set(ids)
    assert all(fact.ask in words(html) for fact in found.facts)


def test_a_table_as_it_is_printed(capsys):
    """What is asked, what is said, and which combinations lead there."""
    assert table("isotretinoin/baseline-triglycerides", format="html") == 0
    said = words(capsys.readouterr().out)
    assert said.startswith("Triglycerides before the first prescription Rule baseline-triglycerides, version 1.0.0")
    assert "on file Is there a final triglyceride result inside the window? It can be yes, no or unknown." in said
    assert "9 combinations of states, each in exactly one of 4 rows." in said
    assert "2 no no, unknown LIPID-01 warning No triglyceride result in the last 31 days" in said
    assert (
        "Case 2: LIPID-01 ( warning ) headline No triglyceride result in the last 31 days "
        "found Last result: {latest_triglycerides}. why Isotretinoin" in said
    )
    assert "holds in 2 of 9 combinations, row 2." in said
    assert "Combinations of case 2 on file triglycerides on the way no no no unknown Case 3: LIPID-01 ( info )" in said


def test_many_combinations_are_counted_and_not_listed(monkeypatch):
    """The rows tell then; the file says so."""
    monkeypatch.setattr("cds.authoring.table_html.MOST", 3)
    profile, rule = next(each for each in RULES if each[1].name == "baseline-triglycerides")
    cases = table_page(decision_table(rule), profile).cases
    assert [len(case.combinations) for case in cases] == [3, 2, 1, 3]
    monkeypatch.setattr("cds.authoring.table_html.MOST", 2)
    cases = table_page(decision_table(rule), profile).cases
    assert [len(case.combinations) for case in cases] == [0, 2, 1, 0]
    assert cases[0].holds == "3 of 9 combinations, row 1. More than 2 are not listed one by one."


def test_words_of_the_content_are_text():
    """Whatever stands in a rule is no HTML."""
    profile, rule = RULES[0]
    html = render_html(decision_table(replace(rule, title="<b>a & b</b>")), profile)
    assert "<h1>&lt;b&gt;a &amp; b&lt;/b&gt;</h1>" in html
