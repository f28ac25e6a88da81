"""Silences: what they hide, what they cannot hide, and how each form of output says so."""

import argparse
import ast
import json
from datetime import date
from pathlib import Path

import pytest
from tiny_content import ANALYTE, DATA, FACTS, PACK, PROFILE, RULE, tiny

from cds.authoring.check import examine, run_check
from cds.authoring.diagnostics_json import render_json
from cds.authoring.diagnostics_sarif import render_sarif
from cds.language.checks.silence import SILENCEABLE

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 24)
LONG = RULE.replace("headline: No result", f"headline: {'x' * 141}")
SILENCE = "silences:\n  - {{lint: {}, at: {}, because: {}}}\n"


def silence(lint, at, because="looked at"):
    return SILENCE.format(lint, at, because)


def looked_at(today=TODAY, **changed):
    return examine(tiny(**changed), today)


def found(**changed):
    return [(each.id, each.what) for each in looked_at(**changed).diagnostics]


def test_a_silence_hides_the_finding_at_its_place():
    """It is no finding any more, and is kept with its reason."""
    examined = looked_at(rule=LONG + silence("summary-length", "cases.2.headline"))
    assert examined.diagnostics == ()
    assert [(each.id, each.silenced) for each in examined.silenced] == [("summary-length", "looked at")]


MORE = PACK.replace("{done: Done", "{later: Later, done: Done")
SPARE = FACTS + "  spare: {ask: Spare?, latest: results}\n"
WORDY = PROFILE + "words: {hello: Hello.}\n"
DOUBT = PROFILE + "doubtful: [{fact: It, review: 2026-11-01, concerns: nothing}]\n"
OLD = ANALYTE.replace("2026-11-24", "2025-11-01")


@pytest.mark.parametrize(
    "changed",
    [
        {"pack": MORE + silence("unused-override", "overrides.later")},
        {"facts": SPARE + silence("unused-fact", "facts.spare")},
        {"profile": WORDY + silence("unused-word", "words.hello")},
        {"profile": DOUBT + silence("review-due", "doubtful.1.review")},
        {"analyte": OLD + silence("review-due", "reviewed")},
    ],
)
def test_every_kind_of_file_may_have_silences(changed):
    """Pack, facts, profiles and value sets, each with a lint that points to it."""
    examined = looked_at(**changed)
    assert (examined.diagnostics, len(examined.silenced)) == ((), 1)


def test_a_file_of_data_may_have_silences():
    """No lint warns there today, so a silence there is one too many."""
    assert found(data=DATA + silence("unused-word", "groups")) == [
        ("unused-silence", "there is no unused-word at groups under any profile")
    ]


def test_a_silence_at_another_place_hides_nothing():
    """The finding stays, and the silence is told where it would have to stand."""
    examined = looked_at(rule=LONG + silence("summary-length", "cases.3.headline"))
    unused = next(each for each in examined.diagnostics if each.id == "unused-silence")
    assert sorted(each.id for each in examined.diagnostics) == ["summary-length", "unused-silence"]
    assert unused.what == "there is no summary-length at cases.3.headline under any profile"
    assert unused.remedy == "It is at cases.2.headline."
    assert unused.line[unused.at.column - 1 : unused.at.end_column - 1] == "summary-length"


def test_a_second_silence_of_the_same_place_is_one_too_many():
    """One reason is enough, and two may contradict each other."""
    twice = (
        silence("summary-length", "cases.2.headline") + "  - {lint: summary-length, at: cases.2.headline, because: b}\n"
    )
    assert [id for id, _ in found(rule=LONG + twice)] == ["unused-silence"]


def test_an_error_is_never_silenced():
    """A silence for its id is itself an error, with what may be meant."""
    examined = looked_at(rule=RULE.replace("{on_file: no}", "{on_file: nope}") + silence("unused-facts", "cases.2"))
    assert {each.id for each in examined.diagnostics} >= {"unknown-state", "unknown-lint"}
    told = next(each for each in examined.diagnostics if each.id == "unknown-lint")
    assert told.remedy.startswith("Did you mean unused-fact")
    assert examined.silenced == ()
    gap = looked_at(rule=RULE.replace("{on_file: yes}", "{on_file: no}") + silence("gap", "rule"))
    assert {each.id for each in gap.diagnostics} >= {"gap", "unknown-lint"}


def test_a_reason_is_needed():
    """Blanks are none."""
    assert [id for id, _ in found(rule=LONG + silence("summary-length", "cases.2.headline", "'  '"))] == ["no-reason"]


def test_what_another_profile_needs_is_not_unused():
    """A silence that is needed under one profile stands under all; with one profile alone nothing is said of it."""
    rule = RULE.replace("headline: No result", "headline: '{said}'") + silence("summary-length", "cases.2.headline")
    files = tiny(rule=rule, profile=PROFILE + "words: {said: Short}\n")
    long = PROFILE.replace("here", "there") + f"words: {{said: {'x' * 141}}}\n"
    files["rules/tiny/profiles/there.yaml"] = long.encode()
    assert examine(files, TODAY).diagnostics == ()
    assert examine(files, TODAY, "here").diagnostics == ()
    del files["rules/tiny/profiles/there.yaml"]
    assert [each.id for each in examine(files, TODAY).diagnostics] == ["unused-silence"]


def test_all_lints_that_warn_can_be_silenced_and_nothing_else():
    """The list is that of the warnings in the code of the lints, but for the silence that is not needed."""
    warned = set()
    for path in (ROOT / "cds/language/checks").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "report.warning":
                first = node.args[0]
                warned.add(first.value if isinstance(first, ast.Constant) else "unused-…")
    named = {"unused-…" if each.startswith("unused-") and each != "unused-fact" else each for each in SILENCEABLE}
    assert warned - {"unused-silence"} == named


def test_json_and_sarif_carry_what_is_silenced():
    """With the reason, where a program looks for it."""
    examined = looked_at(rule=LONG + silence("summary-length", "cases.2.headline"))
    (one,) = json.loads(render_json(examined.silenced))
    assert one["silenced"] == "looked at"
    (result,) = json.loads(render_sarif(examined.silenced))["runs"][0]["results"]
    assert result["suppressions"] == [{"kind": "inSource", "status": "accepted", "justification": "looked at"}]


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("text", ", 1 silenced: "),
        ("json", '"silenced": "looked at"'),
        ("sarif", "looked at"),
        ("github", ""),
    ],
)
def test_the_command_counts_what_is_silenced_and_does_not_fail(tmp_path, capsys, form, shown):
    """A silenced finding is no reason to fail, and every form but annotations tells of it."""
    folder = tmp_path / "tiny"
    for path, body in tiny(rule=LONG + silence("summary-length", "cases.2.headline")).items():
        if path.startswith("rules/tiny/") or "valuesets/analyte" in path or "valuesets/product" in path:
            there = tmp_path / path.removeprefix("rules/")
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_bytes(body)
    code = run_check(
        argparse.Namespace(paths=[str(folder)], rules=[str(tmp_path)], format=form, today=TODAY, profile=None)
    )
    out = capsys.readouterr().out
    assert code == 0
    assert shown in out
