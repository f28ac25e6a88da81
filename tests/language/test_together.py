"""Findings of a pack that meet: circles, lesser ones that hide graver ones, and those that must never meet."""

import pytest
from tiny_content import PACK, RULE, tiny

from cds.facts.kinds import KINDS
from cds.language.load import compile_plan, read_library
from cds.language.report import Report

BOTH = PACK.replace("rules: [only]", "rules: [only, other]")
HEADLINE = "    headline: No result\n"


def other(state="no", indicator="warning", more="", phase="[initial, unknown]"):
    """A second rule whose finding LAB-02 holds in a state of the same fact, and which says nothing in the others."""
    rest = [each for each in ("yes", "no", "unknown") if each != state]
    return (
        RULE.partition("cases:\n")[0]
        .replace("rule: only", "rule: other")
        .replace("safety_critical: yes", "safety_critical: no")
        .replace("[initial, unknown]", phase)
        + f"cases:\n  - when: {{on_file: {state}}}\n    finding: LAB-02\n    indicator: {indicator}\n{more}"
        + "    headline: A\n    found: B\n    why: C\n    do: D\n"
        + f"  - when: {{on_file: [{', '.join(rest)}]}}\n    silent: Nothing.\n"
    )


def found(first="", pack="", second=None, indicator="warning"):
    """What is said of the pack of both rules: id, place, words."""
    rule = RULE.replace(HEADLINE, first + HEADLINE).replace("indicator: warning", f"indicator: {indicator}")
    files = {**tiny(pack=BOTH + pack, rule=rule), "rules/tiny/other.yaml": (second or other()).encode()}
    report = Report()
    library = read_library(files, KINDS, report)
    compile_plan(library, "tiny", "here", report)
    return [(each.id, str(each.at), each.what) for each in report.found]


REPLACES = "    replaces: [{}]\n"


def test_two_findings_that_replace_each_other_are_found_once():
    """With the states in which both would vanish."""
    ((id, _, what),) = found(REPLACES.format("LAB-02"), second=other(more=REPLACES.format("LAB-01")))
    assert id == "replaces-circle"
    assert "LAB-01" in what
    assert "LAB-02" in what
    assert what.endswith("and all hold when phase is initial, on_file is no")


def test_a_finding_that_replaces_itself_is_found():
    """It could never be seen."""
    ((id, place, what),) = found(REPLACES.format("LAB-01"))
    assert (id, place) == ("replaces-circle", "rules/tiny/only.yaml:15:15")
    assert what == "LAB-01 replaces LAB-01, and all hold when phase is initial, on_file is no"


@pytest.mark.parametrize("second", [{"state": "yes"}, {"phase": "continuation"}])
def test_what_never_meets_takes_nothing_away(second):
    """Other states, or other phases."""
    assert found(REPLACES.format("LAB-02"), second=other(**second, more=REPLACES.format("LAB-01"))) == []
    assert found(REPLACES.format("LAB-02"), second=other(**second, indicator="critical")) == []


@pytest.mark.parametrize(
    ("mine", "theirs", "hidden"),
    [
        ("warning", "critical", True),
        ("info", "warning", True),
        ("warning", "warning", False),
        ("critical", "warning", False),
    ],
)
def test_a_finding_replaces_what_is_no_graver(mine, theirs, hidden):
    """As grave is no loss."""
    said = found(REPLACES.format("LAB-02"), indicator=mine, second=other(indicator=theirs))
    expected = "LAB-01 replaces LAB-02, which can be graver, when phase is initial, on_file is no"
    assert [(id, what) for id, _, what in said] == ([("hides-graver", expected)] if hidden else [])


@pytest.mark.parametrize(
    ("indicator", "beside", "hidden"),
    [
        ("critical", "warning", True),
        ("critical", "critical", True),
        ("warning", "info", True),
        ("warning", "critical", False),
        ("info", "warning", False),
        ("info", "info", True),
    ],
)
def test_a_finding_is_withheld_beside_graver_ones_only(indicator, beside, hidden):
    """Beside its own indicator it would withhold itself."""
    said = found(pack=f"withhold: {{LAB-01: {{beside: [{beside}]}}}}\n", indicator=indicator)
    expected = f"LAB-01 can be {indicator}, and is withheld beside {beside}"
    assert [(id, what) for id, _, what in said] == ([("hides-graver", expected)] if hidden else [])


NEVER = "never_together: [[LAB-01, LAB-02]]\n"


def test_findings_that_must_never_meet_are_found_where_they_do():
    """With both places, and a combination of states that a clinician can read."""
    ((id, place, what),) = found(pack=NEVER)
    assert (id, place) == ("never-together", f"rules/tiny/pack.yaml:{BOTH.count(chr(10)) + 1}:27")
    assert what == (
        "LAB-01 (line 12 of only) and LAB-02 (line 10 of other) are both shown when phase is initial, on_file is no"
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("", other("yes")),
        ("", other("unknown")),
        ("", other(phase="[continuation, restart]")),
        (REPLACES.format("LAB-02"), other()),
        ("", other(indicator="critical", more=REPLACES.format("LAB-01"))),
    ],
)
def test_findings_that_are_apart_are_proved_apart(first, second):
    """By their states, by their phases, or since one replaces the other."""
    assert found(first, pack=NEVER, second=second) == []


def test_findings_of_which_one_is_on_no_hook_of_the_other_are_apart():
    """What a hook does not show contradicts nothing there."""
    hidden = NEVER.replace("[[", "[ [")
    info = other(indicator="info")
    pack = BOTH.replace("initial: [critical, warning, info], unknown: [critical, warning, info]", "initial: [warning]")
    files = {**tiny(pack=pack + hidden), "rules/tiny/other.yaml": info.encode()}
    report = Report()
    compile_plan(read_library(files, KINDS, report), "tiny", "here", report)
    assert report.found == ()


def test_logic_between_facts_is_followed():
    """A fact that is another's opposite never holds with it, whatever the record says."""
    facts = "  nothing: {ask: Nothing?, not: on_file}\n"
    second = other().replace("on_file: no", "nothing: no").replace("on_file: [yes", "nothing: [yes")
    files = tiny(pack=BOTH + NEVER)
    files["rules/tiny/facts/more.yaml"] = f"facts:\n{facts}".encode()
    files["rules/tiny/other.yaml"] = second.encode()
    report = Report()
    compile_plan(read_library(files, KINDS, report), "tiny", "here", report)
    assert report.found == ()


def not_checked(words):
    """The second rule, which could not check something while the first speaks."""
    second = (
        other("yes")
        .replace("on_file: [no, unknown]", "on_file: no")
        .replace("silent: Nothing.", f"not_checked: {words}")
    )
    return second + "  - when: {on_file: unknown}\n    silent: Nothing.\n"


@pytest.mark.parametrize(("words", "ids"), [("results", ["told-and-not-checked"]), ("other results", [])])
def test_what_is_told_is_not_called_unchecked(words, ids):
    """The same words for two things would say both; each name of its own is clear."""
    assert [id for id, _, _ in found(second=not_checked(words))] == ids
