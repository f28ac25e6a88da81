"""``check`` on the command line: what it reads, prints and returns."""

import argparse
import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from cds.authoring.check import examine, run_check
from cds.authoring.consequences import causes
from cds.content import find_content, read_content
from cds.errors import StartError
from cds.values.diagnostic import Diagnostic, Position

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 24)
RULES = "rules/isotretinoin"
PROFILE = "us-rems-2026"


def check(*paths, **options):
    named = {"today": TODAY, "profile": PROFILE, **options}
    return run_check(argparse.Namespace(paths=[str(path) for path in paths], **named))


@pytest.fixture
def broken(tmp_path):
    """A copy of the rules with a mistake in two files of its pack."""
    folder = tmp_path / "more"
    shutil.copytree(ROOT / RULES, folder / "isotretinoin")
    for name, right, wrong in (
        ("baseline-alt.yaml", "topic: labs", "topic: lab"),
        ("capacity-to-get-pregnant.yaml", "indicator: warning", "indicator: warn"),
    ):
        path = folder / "isotretinoin" / name
        words = path.read_text()
        assert right in words
        path.write_text(words.replace(right, wrong))
    return folder


def test_the_shipped_rules_have_no_findings(capsys):
    """Not one, of whatever severity, under any profile; and the command says what it looked at."""
    code, out = check(profile=None), capsys.readouterr().out
    assert out.startswith("No findings: "), out
    assert (code, "isotretinoin under us-rems-2026" in out) == (0, True)


def test_doubtful_facts_are_listed_with_the_day_of_their_review(capsys):
    """A list after the result and no findings; each fact once, with the profiles that mark it, the earliest first."""
    assert check(profile=None) == 0
    _, _, listed = capsys.readouterr().out.partition("Doubtful facts, with the day by which each is to be reviewed:\n")
    lines = listed.splitlines()
    assert "  2027-01-15  Product information after the change of 2026-01-22 was not seen (uk-2023, uk-2026)" in lines
    assert lines == sorted(lines)
    assert len(lines) == len(set(lines))


def test_a_profile_without_doubtful_facts_lists_none(capsys, tmp_path):
    """No heading over nothing."""
    folder = tmp_path / "isotretinoin"
    shutil.copytree(ROOT / RULES, folder)
    path = folder / "profiles" / f"{PROFILE}.yaml"
    path.write_text(path.read_text().partition("doubtful:")[0])
    assert check(rules=[tmp_path]) == 0
    assert "Doubtful" not in capsys.readouterr().out


def test_all_files_are_reported_at_once(broken, capsys):
    """Mistakes in two files are both printed, and the exit code says that there are some."""
    assert check(rules=[broken]) == 1
    out = capsys.readouterr().out
    assert "baseline-alt.yaml:6:8: error[unknown-topic]" in out
    assert "error[indicator]" in out
    assert out.rstrip().endswith("2 findings")


def test_a_path_restricts_what_is_printed(broken, capsys):
    """Only the file that was named is printed; that others have errors is said, since not all was looked at."""
    assert check(broken / "isotretinoin" / "baseline-alt.yaml", rules=[broken]) == 1
    out, err = capsys.readouterr()
    assert "unknown-topic" in out
    assert "indicator" not in out
    assert "1 error elsewhere" in err


def test_a_folder_stands_for_what_is_in_it(broken, capsys):
    """A folder given, or the whole of --rules, shows all its files."""
    assert check(broken / "isotretinoin", rules=[broken]) == 1
    assert capsys.readouterr().out.rstrip().endswith("2 findings")


def test_a_sound_file_is_no_excuse_for_errors_elsewhere(broken, capsys):
    """While anything has errors, a clean file cannot be called clean."""
    assert check(broken / "isotretinoin" / "baseline-triglycerides.yaml", rules=[broken]) == 1
    assert capsys.readouterr().out == ""


@pytest.fixture
def fhir(tmp_path):
    """A folder for --rules whose only file is a value set in FHIR's form, with a wrong check digit."""
    path = tmp_path / "valuesets" / "acne.json"
    path.parent.mkdir()
    concept = [{"code": "11381005", "display": "Acne vulgaris"}, {"code": "11381006", "display": "Acne"}]
    reviewed = "http://hl7.org/fhir/StructureDefinition/resource-lastReviewDate"
    body = {
        "resourceType": "ValueSet",
        "extension": [{"url": reviewed, "valueDate": "2026-11-24"}],
        "url": "https://example.org/ValueSet/acne",
        "title": "Acne",
        "compose": {"include": [{"system": "http://snomed.info/sct", "concept": concept}]},
    }
    path.write_text(json.dumps(body, indent=2))
    return path


def test_a_value_set_in_fhirs_form_is_checked_by_its_path(fhir, capsys):
    """A JSON file is named like any other, and its findings stand at their lines."""
    assert check(fhir, rules=[fhir.parents[1]]) == 1
    out = capsys.readouterr().out
    assert "rules/valuesets/acne.json:21:21: error[check-digit] SNOMEDCT 11381006" in out
    assert out.rstrip().endswith("1 finding")
    assert check(fhir.parent, rules=[fhir.parents[1]]) == 1


def test_a_value_set_of_a_later_folder_replaces_that_of_the_other_form(fhir, capsys):
    """The shipped YAML file of the name gives way to the JSON file, and the two are not called twice defined."""
    fhir.write_text(fhir.read_text().replace("11381006", "88616000"))
    assert check(fhir, rules=[fhir.parents[1]]) == 0
    files = read_content(find_content(), (fhir.parents[1],))
    assert [name for name in files if name.startswith("rules/valuesets/acne.")] == ["rules/valuesets/acne.json"]


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_machine_forms_are_whole_documents(broken, capsys, form):
    """Nothing but the document goes to the output, with findings and without."""
    assert check(rules=[broken], format=form) == 1
    assert json.loads(capsys.readouterr().out)
    check(format=form)
    json.loads(capsys.readouterr().out)


def test_annotations_are_lines(broken, capsys):
    """One line for each finding and no summary."""
    assert check(rules=[broken], format="github") == 1
    assert all(line.startswith("::error file=rules/") for line in capsys.readouterr().out.splitlines())


@pytest.mark.parametrize(
    "problem",
    [
        {"paths": ["no/such/file.yaml"]},
        {"paths": ["/etc"]},
        {"rules": ["no/such/folder"]},
        {"profile": "no-such-profile"},
    ],
)
def test_what_cannot_run_says_so(problem, capsys):
    """A path, a folder or a profile that is not there is exit code 2, with a sentence and no traceback."""
    assert run_check(argparse.Namespace(**{"today": TODAY, **problem})) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("check: ")


def test_a_profile_restricts_what_is_compiled(content):
    """A mistake in another profile is not looked at."""
    files = {**content, f"{RULES}/profiles/uk-2026.yaml": content[f"{RULES}/profiles/uk-2026.yaml"] + b"\nrules: {}\n"}
    words = content[f"{RULES}/profiles/uk-2026.yaml"].replace(b"tests_needed: 1", b"tests_needed: 9")
    files[f"{RULES}/profiles/uk-2026.yaml"] = words
    assert {each.id for each in examine(files, TODAY).diagnostics} == {"out-of-bounds"}
    assert examine(files, TODAY, "us-rems-2026").diagnostics == examine(content, TODAY, "us-rems-2026").diagnostics


def test_an_unknown_profile_is_not_silently_all_of_them(content):
    """The known ones are named."""
    with pytest.raises(StartError, match=r"known: .*us-rems-2026"):
        examine(content, TODAY, "us-rems-2025")


TESTS = f"{RULES}/baseline-alt.test.yaml"


@pytest.mark.parametrize(
    ("added", "id"),
    [
        ("  - {name: again, data: [alz: {value: 30 U/L}], expect: silent}\n", "unknown-retrieve"),
        ("  - {name: again, expect: silent, parameters: {baseline_windo: 3 days}}\n", "unknown-parameter"),
        ("  - {name: again, expect: silent, parameters: {baseline_window: 3 days}}\n", "out-of-bounds"),
        ("  - {name: again, expect: silent, profile: us-rems-2025}\n", "unknown-profile"),
        ("  - {name: again, expect: {finding: LAB-99}}\n", "unknown-ending"),
        ("  - {name: again, user: role, expect: silent}\n" * 2, "same-test"),
        ("  - {name: again}\n", "missing-key"),
    ],
)
def test_files_of_tests_are_read_with_the_rules(content, added, id):
    """Names, form and tests that ask the same are looked at without a test file being named, and nothing is run."""
    words = content[TESTS].decode()
    assert words.count("\ntests:\n") == 1
    files = {**content, TESTS: words.replace("\ntests:\n", f"\ntests:\n{added}").encode()}
    found = examine(files, TODAY, PROFILE).diagnostics
    assert {(each.id, each.at.file) for each in found} >= {(id, TESTS)}
    assert {each.at.file for each in found} == {TESTS}


def test_the_form_of_tests_is_looked_at_while_rules_have_errors(content):
    """All that can be told is told at once; names of a rule that is broken are not held against its tests."""
    rule, tests = f"{RULES}/baseline-alt.yaml", content[TESTS] + b"testz: []\n"
    files = {**content, rule: content[rule].replace(b"topic: labs", b"topic: lab"), TESTS: tests}
    assert [(each.id, each.at.file) for each in examine(files, TODAY, PROFILE).diagnostics] == [
        ("unknown-key", TESTS),
        ("unknown-topic", rule),
    ]


def test_content_without_a_pack_is_checked_for_what_it_has(content):
    """Value sets alone are still read."""
    packs = {path.rpartition("/")[0] for path in content if path.endswith("/pack.yaml")}
    files = {path: body for path, body in content.items() if not path.startswith(tuple(packs))}
    assert len(packs) == 2
    assert examine(files, TODAY).diagnostics == ()


def test_consequences_are_left_out():
    """What only follows from an unread file or an unresolved name is not printed; what is wrong by itself is."""

    def one(id, file, what="x", line=1):
        return Diagnostic(id, Position(file, line, 1), what)

    pack, rule = f"{RULES}/pack.yaml", f"{RULES}/baseline-alt.yaml"
    read = [one("yaml", rule)]
    listed, other = (
        one("unknown-rule", pack, "no rule is called baseline-alt"),
        one("unknown-rule", pack, "no rule is called x"),
    )
    assert causes(read, [*read, listed, other]) == (*read, other)
    read = [one("yaml", f"{RULES}/facts/labs.yaml")]
    assert causes(read, [*read, one("unknown-fact", rule), one("indicator", rule)]) == (*read, one("indicator", rule))
    slip = one("unknown-valueset", rule)
    assert causes([], [slip, one("no-unit", rule), one("either", rule)]) == (slip,)
    assert causes([], [one("no-unit", rule), one("no-quantity", rule)]) == (one("no-unit", rule),)
