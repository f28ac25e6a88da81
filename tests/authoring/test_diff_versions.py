"""``diff``: what changed between two versions of the rules, for whom, and whether the declared versions say so."""

import json
import shutil
from pathlib import Path

import pytest

from cds.authoring.version_compare import pack_changes, rule_changes
from cds.authoring.version_effects import GAINS, INDICATOR, LOSES, TEXT, Effect, behaviour
from cds.authoring.version_reach import written
from cds.authoring.version_step import Change, Step, next_version, too_small
from cds.authoring.version_values import set_anew
from cds.cli import main
from cds.content import find_content, read_content
from cds.facts.kinds import KINDS
from cds.language.load import read_library
from cds.language.report import Report

ROOT = Path(__file__).parents[2]
VIGNETTES = ROOT / "fixtures" / "vignettes"
PACK = "rules/isotretinoin/"
RULE = "baseline-triglycerides"


@pytest.fixture(scope="module")
def shipped():
    """The content files of the checkout."""
    return read_content(find_content())


@pytest.fixture(scope="module")
def as_written():
    """Makes content files into a pack as it is written."""

    def read(files):
        report = Report()
        library = read_library(files, KINDS, report)
        assert not report.found
        return written(library, "isotretinoin")

    return read


@pytest.fixture(scope="module")
def before(shipped, as_written):
    """The shipped pack."""
    return as_written(shipped)


@pytest.fixture
def after(shipped, as_written):
    """The shipped pack with words replaced in one of its files."""

    def read(path, old, new):
        text = shipped[PACK + path].decode()
        assert text.count(old) >= 1, old
        return as_written({**shipped, PACK + path: text.replace(old, new, 1).encode()})

    return read


def most(changes):
    return max((each.step for each in changes), default=Step.NONE)


def test_nothing_changed_is_no_change(before):
    """The same content: no change of any rule, nor of the pack."""
    assert all(rule_changes(before, before, rule) == () for rule in before.rules)
    assert pack_changes(before, before) == ()


HISTORY = "history: [{version: 1.0.0, date: 2026-11-24, changed: First version., because: the review}]\n"
CHANGES = [
    (f"{RULE}.yaml", "No triglyceride result in the last", "There is no triglyceride result in the last", Step.PATCH),
    (f"{RULE}.yaml", "A recent result is on file.", "There is a recent one.", Step.PATCH),
    (f"{RULE}.yaml", "safety_critical: yes\n", f"safety_critical: yes\n{HISTORY}", Step.NONE),
    (f"{RULE}.yaml", "exists: triglycerides\n", "exists: [triglycerides, triglycerides_unfinished]\n", Step.MINOR),
    (f"{RULE}.yaml", "exists: triglycerides\n", "exists: [triglycerides, lipid_risk_conditions]\n", Step.MAJOR),
    (f"{RULE}.yaml", "phase: [initial, restart, unknown]", "phase: [initial, unknown]", Step.MAJOR),
    (f"{RULE}.yaml", "indicator: warning", "indicator: critical", Step.MAJOR),
    (f"{RULE}.yaml", "indicator: info", "indicator: critical", Step.MAJOR),
    (f"{RULE}.yaml", "finding: LIPID-01\n    indicator: info", "finding: LIPID-91\n    indicator: info", Step.MAJOR),
    (f"{RULE}.yaml", "safety_critical: yes", "safety_critical: no", Step.MAJOR),
    (f"{RULE}.yaml", "status: active", "status: retired", Step.MAJOR),
    ("facts/labs.yaml", "default: 31 days\n    min: 14 days", "default: 30 days\n    min: 14 days", Step.MINOR),
    ("facts/labs.yaml", "min: 14 days\n    max: 90 days", "min: 7 days\n    max: 90 days", Step.MINOR),
    ("facts/labs.yaml", "min: 14 days\n    max: 90 days", "min: 14 days\n    max: 60 days", Step.MAJOR),
    ("facts/labs.yaml", "How old may a baseline", "What age may a baseline", Step.NONE),
    ("facts/labs.yaml", "[final, amended, corrected]\n    value: quantity", "[final]\n    value: quantity", Step.MINOR),
]


@pytest.mark.parametrize(("path", "old", "new", "step"), CHANGES)
def test_a_change_of_a_rule_asks_for_a_step(before, after, path, old, new, step):
    """Texts are a patch; what decides is a minor; what is lost, or needed in addition, is a major change."""
    found = rule_changes(before, after(path, old, new), RULE)
    assert most(found) is step, found


def test_a_shared_value_set_changes_every_rule_that_reaches_it(shipped, before, as_written):
    """A code that goes from a value set is a minor change of each rule that rests on it, and of no other."""
    path = "rules/valuesets/triglycerides.yaml"
    lines = shipped[path].decode().splitlines(keepends=True)
    fewer = as_written({**shipped, path: "".join(line for line in lines if "12951-0" not in line).encode()})
    changed = {rule for rule in before.rules if rule_changes(before, fewer, rule)}
    assert {RULE, "high-triglycerides", "quarterly-triglycerides"} <= changed
    assert not {"age", "dermatology-supervision", "baseline-alt"} & changed
    assert {each.step for rule in changed for each in rule_changes(before, fewer, rule)} == {Step.MINOR}


PACKS = [
    ("pack.yaml", "title: Isotretinoin safety checks", "title: Checks of isotretinoin", Step.PATCH),
    ("pack.yaml", "post: [critical, PREG-05 info]", "post: [critical]", Step.MAJOR),
    ("pack.yaml", "post: [critical, PREG-05 info]", "post: [critical, warning, PREG-05 info]", Step.MINOR),
    ("pack.yaml", "COUNSEL-01: {beside: [critical]}", "COUNSEL-01: {beside: [critical, warning]}", Step.MINOR),
    ("profiles/us-rems-2026.yaml", "course_length: 15 to 20 weeks", "course_length: 20 weeks", Step.PATCH),
    ("profiles/us-rems-2026.yaml", ", tartrazine]", "]", Step.MAJOR),
    ("profiles/uk-2026.yaml", "status: active", "status: historic", Step.MAJOR),
    ("data.yaml", "optional: yes", "optional: no", Step.MAJOR),
]


@pytest.mark.parametrize(("path", "old", "new", "step"), PACKS)
def test_a_change_of_the_pack_asks_for_a_step(before, after, path, old, new, step):
    """What is shown, offered and needed belongs to the pack as a whole."""
    found = pack_changes(before, after(path, old, new))
    assert most(found) is step, found


def test_words_that_belong_to_no_rule_are_a_patch_of_the_pack(diff, version):
    """The question of a shared parameter: no rule changed, and the pack is not the same."""
    code, found = diff(ROOT, version("new", ("facts/labs.yaml", "How old may a baseline", "What age may a baseline")))
    assert (code, found["rules"]) == (1, [])
    assert [(each["subject"], each["smallest"]) for each in found["tooSmall"]] == [("pack isotretinoin", "0.1.1")]


@pytest.mark.parametrize(
    ("what", "set_anew", "step"),
    [
        (GAINS, (), Step.MINOR),
        (LOSES, (), Step.MAJOR),
        (INDICATOR, (), Step.MAJOR),
        (LOSES, ("here",), Step.MINOR),
        (INDICATOR, ("here",), Step.MINOR),
        (LOSES, ("elsewhere",), Step.MAJOR),
        (INDICATOR, ("elsewhere",), Step.MAJOR),
        (TEXT, (), Step.PATCH),
    ],
)
def test_what_a_patient_loses_is_major_unless_a_value_was_set_anew(what, set_anew, step):
    """Behaviour counts beside what is written, under each profile for itself."""
    effect = Effect("a.json", "here", RULE, what, "LIPID-01")
    assert [each.step for each in behaviour((effect,), set_anew)] == [step]


def test_a_loss_under_a_profile_whose_values_stayed_is_not_excused_by_another_profile():
    """Two patients lose the same finding: one because a value was set anew, one because of the rule."""
    found = tuple(Effect(f"{each}.json", each, RULE, LOSES, "LIPID-01") for each in ("here", "elsewhere"))
    assert behaviour(found, {"here"}) == (
        Change(Step.MINOR, "1 of the patients lose LIPID-01"),
        Change(Step.MAJOR, "1 of the patients lose LIPID-01"),
    )


def test_what_another_finding_withholds_does_not_count_for_the_rule():
    """Only what a rule itself decided is behaviour of it."""
    assert behaviour((Effect("a.json", "here", RULE, LOSES, "LIPID-01", decided=False),)) == ()


PROFILES = ("us-rems-2026", "uk-2026")
VALUE = ("facts/labs.yaml", "default: 31 days\n    min: 14 days", "default: 30 days\n    min: 14 days")
LOGIC = (f"{RULE}.yaml", "exists: triglycerides\n", "exists: [triglycerides, triglycerides_unfinished]\n")


@pytest.mark.parametrize(
    ("changes", "excused"),
    [
        ([], ()),
        ([VALUE], PROFILES),
        ([("profiles/uk-2026.yaml", "parameters:\n", "parameters:\n  baseline_window: 30 days\n")], PROFILES[1:]),
        ([("profiles/uk-2026.yaml", "parameters:\n", "parameters:\n  baseline_window: 31 days\n")], ()),
        ([("facts/course.yaml", "default: 365 days", "default: 300 days")], PROFILES),
        ([("profiles/uk-2026.yaml", "test_window: 3 days", "test_window: 4 days")], ()),
        ([("profiles/uk-2026.yaml", "critical_from: 9 mmol/L", "critical_from: 8 mmol/L")], ()),
        ([("profiles/uk-2026.yaml", "title: United Kingdom", "title: Great Britain")], ()),
        ([VALUE, LOGIC], ()),
        ([VALUE, (f"{RULE}.yaml", "headline: No triglyceride", "headline: There is no triglyceride")], PROFILES),
        ([VALUE, (f"{RULE}.yaml", "phase: [initial, restart, unknown]", "phase: [initial, unknown]")], ()),
        ([VALUE, ("facts/labs.yaml", "status: [final, amended, corrected]", "status: [final]")], ()),
        ([VALUE, ("facts/course.yaml", "status: [active, completed, stopped", "status: [completed, stopped")], ()),
        ([("facts/labs.yaml", "min: 14 days\n    max: 90 days", "min: 14 days\n    max: 60 days")], ()),
    ],
)
def test_a_value_excuses_its_own_rule_only_where_nothing_else_changed(shipped, before, as_written, changes, excused):
    """Its own value, of this rule, under this profile, the logic untouched; a value of another rule excuses nothing."""
    files = dict(shipped)
    for path, old, new in changes:
        text = files[PACK + path].decode()
        assert old in text, old
        files[PACK + path] = text.replace(old, new, 1).encode()
    assert set_anew(before, as_written(files), RULE, PROFILES) == frozenset(excused)


@pytest.mark.parametrize(
    ("old", "new", "step", "sufficient"),
    [
        ("1.0.0", "1.0.0", Step.PATCH, "1.0.1"),
        ("1.0.0", "1.0.1", Step.MINOR, "1.1.0"),
        ("1.4.2", "1.5.0", Step.MAJOR, "2.0.0"),
        ("0.1.0", "0.2.0", Step.MAJOR, "1.0.0"),
        ("1.1.0", "1.0.9", Step.NONE, "1.1.0"),
    ],
)
def test_a_version_that_says_too_little_is_told_with_the_smallest_that_suffices(old, new, step, sufficient):
    """A version counts by its place; one that went back is too small whatever changed."""
    found = too_small("rule x", old, new, (Change(step, "something"),))
    assert found is not None
    assert found.sufficient == sufficient == next_version(old, step)
    assert too_small("rule x", old, sufficient, (Change(step, "something"),)) is None


# ------------------------------------------------------------------------ the command


@pytest.fixture
def version(tmp_path):
    """Makes a copy of the shipped content, changed."""

    def make(name, *changes):
        folder = tmp_path / name
        for part in ("rules", "hooks"):
            shutil.copytree(ROOT / part, folder / part)
        for path, old, new in changes:
            file = folder / PACK / path
            text = file.read_text()
            assert old in text
            file.write_text(text.replace(old, new, 1))
        return folder

    return make


@pytest.fixture
def patients(tmp_path):
    """Two labelled patients: one without results, and one whose result is 26 days old."""
    folder = tmp_path / "patients"
    folder.mkdir()
    for name in ("V39.us", "V40.us"):
        for kind in ("request", "chart"):
            shutil.copy(VIGNETTES / f"{name}.{kind}.json", folder)
    return folder


@pytest.fixture
def diff(capsys, patients):
    """Runs the command for the two patients under one profile; gives exit code and comparison."""

    def run(old, new):
        options = ["--patients", str(patients), "--profile", "us-rems-2026", "--json"]
        code = main(["diff", str(old), str(new), *options])
        found = json.loads(capsys.readouterr().out)
        return code, next(each for each in found if each["pack"] == "isotretinoin")

    return run


def test_the_same_rules_have_no_effect(diff, version):
    """Nothing changed, nothing to declare."""
    code, found = diff(ROOT, version("same") / "rules")
    assert (code, found["effects"], found["rules"], found["packChanges"], found["tooSmall"]) == (0, [], [], [], [])


def test_a_moved_threshold_tells_who_gains_a_card_and_asks_for_a_minor_step(diff, version):
    """The patient whose result has become too old is named, and so is the smallest version that says it."""
    change = ("facts/labs.yaml", "default: 31 days\n    min: 14 days", "default: 14 days\n    min: 14 days")
    code, found = diff(ROOT, version("new", change))
    gains = {(each["rule"], each["finding"], each["file"]) for each in found["effects"] if each["what"] == "gains"}
    assert (RULE, "LIPID-01", "V40.us.request.json") in gains
    assert code == 1
    assert {each["subject"]: each["smallest"] for each in found["tooSmall"]}[f"rule {RULE}"] == "1.1.0"
    assert found["tooSmall"][-1]["smallest"] == "0.2.0"


FEWER = (
    (f"{RULE}.yaml", "when: {on_file: yes}", "when: [{on_file: yes}, {on_file: no, triglycerides_on_the_way: no}]"),
    (f"{RULE}.yaml", "triglycerides_on_the_way: [no, unknown]", "triglycerides_on_the_way: unknown"),
)
SET = ("profiles/us-rems-2026.yaml", "enables: ", "parameters: {follow_up_due: 25 days}\nenables: ")


@pytest.mark.parametrize("beside", [(), (SET,), (VALUE,), (SET, VALUE)], ids=["alone", "profile", "default", "both"])
def test_a_value_set_at_the_same_time_does_not_excuse_what_a_rule_no_longer_says(diff, version, beside):
    """Conditions that let a patient go are a major change, whatever a profile or a default says anew."""
    code, found = diff(ROOT, version("new", *FEWER, *beside))
    assert code == 1
    assert ("loses", "LIPID-01") in {(each["what"], each["finding"]) for each in found["effects"]}
    assert {each["subject"]: each["needs"] for each in found["tooSmall"]}[f"rule {RULE}"] == "major"


def test_a_rule_that_a_profile_takes_out_of_force_is_the_same_rule(diff, version, patients):
    """Its patients lose it, and that is a major change of the pack, not of the rule."""
    for kind in ("request", "chart"):
        shutil.copy(VIGNETTES / f"V20.us.{kind}.json", patients)
    change = ("profiles/us-rems-2026.yaml", "second-contraceptive-method, ", "")
    code, found = diff(ROOT, version("new", change))
    assert code == 1
    assert "second-contraceptive-method" in {each["rule"] for each in found["effects"]}
    assert found["rules"] == []
    assert [(each["subject"], each["needs"]) for each in found["tooSmall"]] == [("pack isotretinoin", "major")]


def test_a_text_is_a_patch_and_declared_it_is_no_finding(diff, version):
    """Another headline: the patient reads it, and 1.0.1 says enough."""
    change = (f"{RULE}.yaml", "No triglyceride result", "There is no triglyceride result")
    code, found = diff(ROOT, version("new", change))
    assert code == 1
    assert [each["smallest"] for each in found["tooSmall"]] == ["1.0.1", "0.1.1"]
    declared = version(
        "declared", change, (f"{RULE}.yaml", "version: 1.0.0", "version: 1.0.1"), ("pack.yaml", "0.1.0", "0.1.1")
    )
    code, found = diff(ROOT, declared)
    assert (code, found["tooSmall"]) == (0, [])
    assert [(each["what"], each["says"]) for each in found["effects"]] == [("text", "headline")]


def test_a_finding_that_is_gone_is_major_and_its_patients_are_named(capsys, diff, version, patients):
    """The pending result no longer speaks: who loses the card is said, in text as well."""
    change = ("baseline-alt.yaml", "finding: LIVER-01\n    indicator: info", "finding: LIVER-91\n    indicator: info")
    new = version("new", change)
    code, found = diff(ROOT, new)
    assert code == 1
    lost = [(each["finding"], each["file"]) for each in found["effects"] if each["what"] == "loses"]
    assert lost == [("LIVER-01", "V39.us.request.json")]
    assert {each["needs"] for each in found["tooSmall"]} == {"major"}
    main(["diff", str(ROOT), str(new), "--patients", str(patients), "--profile", "us-rems-2026"])
    said = capsys.readouterr().out
    assert "  loses LIVER-01 (info):\n    V39.us under us-rems-2026\n" in said
    assert "rule baseline-alt: version 1.0.0 after 1.0.0 is too small for a major change" in said


def test_broken_rules_are_told_with_their_folder(capsys, version, patients):
    """Rules that do not hold are not compared."""
    new = version("new", (f"{RULE}.yaml", "topic: labs", "topic: lasb"))
    assert main(["diff", str(ROOT), str(new), "--patients", str(patients)]) == 1
    said = capsys.readouterr().err
    assert f"in {new}:" in said
    assert "no topic is called lasb" in said


def test_a_folder_without_rules_is_no_version(capsys, tmp_path):
    """It is said what to name."""
    assert main(["diff", str(ROOT), str(tmp_path)]) == 2
    assert "there is no pack in it" in capsys.readouterr().err
