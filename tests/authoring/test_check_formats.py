"""The forms in which diagnostics are printed."""

import json

from cds.authoring.diagnostics_github import render_github
from cds.authoring.diagnostics_json import render_json
from cds.authoring.diagnostics_sarif import render_sarif
from cds.authoring.diagnostics_text import render_text
from cds.values.diagnostic import Diagnostic, Position, Severity

FIRST = Diagnostic(
    "unknown-fact",
    Position("rules/a.yaml", 103, 14, 18),
    "no fact is called higt",
    "The case could never be decided.",
    "Did you mean high?",
    Severity.ERROR,
    "  - when: {a, higt: yes}",
)
SECOND = Diagnostic("gap", Position("rules/b,c.yaml", 1, 1), "50% of\ncases: none", severity=Severity.WARNING)


def test_text_points_at_the_place():
    """Place, id and message; the line with its number; a caret and its width; meaning and remedy."""
    assert render_text([FIRST]) == (
        "rules/a.yaml:103:14: error[unknown-fact] no fact is called higt\n"
        "103 |   - when: {a, higt: yes}\n"
        "                   ^~~~\n"
        "    The case could never be decided.\n"
        "    Did you mean high?"
    )


def test_text_leaves_out_what_is_not_known():
    """Without a source line, a meaning or a remedy there is one line."""
    assert render_text([SECOND]) == "rules/b,c.yaml:1:1: warning[gap] 50% of\ncases: none"
    assert render_text([]) == ""


def test_text_keeps_tabs_before_the_caret():
    """The caret stands under its character, however wide a tab is shown."""
    tabbed = Diagnostic("yaml", Position("a", 2, 2), "x", line="\tsilent: x")
    assert render_text([tabbed]).splitlines()[1:] == ["2 | \tsilent: x", "    \t^"]


def test_diagnostics_are_parted_by_an_empty_line():
    """A reader sees where one ends."""
    assert render_text([FIRST, SECOND]).count("\n\n") == 1


def test_json_is_a_list_of_flat_objects():
    """Every field is there, by name."""
    first, second = json.loads(render_json([FIRST, SECOND]))
    assert first == {
        "id": "unknown-fact",
        "severity": "error",
        "file": "rules/a.yaml",
        "line": 103,
        "column": 14,
        "endColumn": 18,
        "what": "no fact is called higt",
        "meaning": "The case could never be decided.",
        "remedy": "Did you mean high?",
        "source": "  - when: {a, higt: yes}",
        "silenced": "",
    }
    assert second["severity"] == "warning"
    assert json.loads(render_json([])) == []


def test_sarif_has_the_shape_of_2_1_0():
    """One run; each result refers to its rule; regions count from 1 and end after they start."""
    nowhere = Diagnostic("no-pack", Position("rules", 0, 0), "x")
    said = json.loads(render_sarif([FIRST, SECOND, nowhere]))
    assert (said["version"], len(said["runs"])) == ("2.1.0", 1)
    run = said["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [each["id"] for each in rules] == ["gap", "no-pack", "unknown-fact"]
    assert run["columnKind"] == "unicodeCodePoints"
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning")
        assert result["message"]["text"]
        region = result["locations"][0]["physicalLocation"]["region"]
        assert region["startLine"] >= 1
        assert region.get("endColumn", 10**6) > region["startColumn"] >= 1
    assert run["results"][0]["message"]["text"].startswith("no fact is called higt The case")


def test_sarif_without_results_is_still_a_run():
    """A code host then closes what was open."""
    assert json.loads(render_sarif([]))["runs"][0]["results"] == []


def test_github_annotations_are_escaped():
    """Per cent signs, line ends, and in properties colons and commas too."""
    assert render_github([FIRST, SECOND]).splitlines() == [
        "::error file=rules/a.yaml,line=103,col=14,endColumn=18,title=unknown-fact::no fact is called higt"
        "%0AThe case could never be decided.%0ADid you mean high?",
        "::warning file=rules/b%2Cc.yaml,line=1,col=1,title=gap::50%25 of%0Acases: none",
    ]
