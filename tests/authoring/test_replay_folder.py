"""``replay``: a folder of requests and charts is answered and counted, and no patient is in what is printed."""

import json
import re
import shutil
from pathlib import Path

import pytest

from cds.cli import main

FIXTURES = Path(__file__).parents[2] / "fixtures"
VIGNETTES = FIXTURES / "vignettes"


@pytest.fixture
def replay(capsys):
    """Runs the command, and gives what it printed as JSON."""

    def run(folder, *options):
        assert main(["replay", str(folder), "--json", *options]) == 0
        return json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def order(tmp_path):
    """The order of the demonstration as a file."""
    path = tmp_path / "order.json"
    path.write_text(json.dumps(json.loads((FIXTURES / "demo" / "demo.json").read_text())["order"]))
    return path


def test_labelled_patients_get_the_cards_of_their_labels(replay, tmp_path):
    """A request is answered with the chart beside it, as of the day of its order, without being told either."""
    expected = json.loads((VIGNETTES / "expected.json").read_text())
    for path in VIGNETTES.glob("*.us.*.json"):
        shutil.copy(path, tmp_path)
    found = replay(tmp_path, "--each")
    assert found["files"] == found["answered"] + found["withoutOrder"] == len(list(VIGNETTES.glob("*.us.request.json")))
    for each in found["each"]:
        label = expected[each["file"].removesuffix(".request.json")]
        cards = {(card["topic"].removesuffix("Critical"), card["indicator"]) for card in each["cards"]}
        assert cards == {(card["topic"], card["indicator"]) for card in label}, each["file"]
        assert {one["finding"] for one in each["findings"]} >= {one for card in label for one in card["findings"]}
    assert sum(row["count"] for row in found["cards"]) == sum(len(each["cards"]) for each in found["each"])


def test_recorded_conversations_are_counted_and_broken_ones_are_told_with_their_reason(replay):
    """Requests that the service refuses are counted, named, and say what is wrong with them."""
    found = replay(FIXTURES / "conversations")
    refused = {each["file"]: each["why"] for each in found["refused"]}
    assert set(refused) == {"no-json.json", "no-patient.json", "no-such-service.json", "wrong-hook.json"}
    assert refused["no-patient.json"].startswith("400 context.patientId: ")
    assert refused["no-such-service.json"].startswith("there is no service ")
    assert found["files"] == found["answered"] + found["withoutOrder"] + len(refused)


def test_what_could_not_be_checked_is_counted_with_its_reasons(replay, tmp_path):
    """A request without data: reasons are counted by rule, with the data group and without a resource."""
    shutil.copy(VIGNETTES / "V01.us.request.json", tmp_path / "bare.json")
    found = replay(tmp_path)
    row = next(each for each in found["notChecked"] if each["rule"] == "baseline-triglycerides")
    assert row == {
        "rule": "baseline-triglycerides",
        "case": 4,
        "ends": "baseline triglycerides",
        "count": 1,
        "reasons": {"not_supplied labs": 1},
    }


def test_every_rule_is_counted_once_for_each_answer(replay):
    """Findings, silences, what was not checked and what was not shown add up."""
    found = replay(FIXTURES / "conversations")
    rows = [each for part in ("findings", "silences", "notChecked", "notShown") for each in found[part]]
    by_rule = {}
    for each in rows:
        by_rule[each["rule"]] = by_rule.get(each["rule"], 0) + each["count"]
    assert len(by_rule) > 30
    assert set(by_rule.values()) == {found["answered"]}


def test_a_chart_without_a_request_is_answered_as_if_the_order_were_written(replay, order, tmp_path):
    """The demonstration's patients, for whom nothing was asked, get the cards of the demonstration."""
    folder = tmp_path / "charts"
    folder.mkdir()
    shutil.copy(FIXTURES / "demo" / "positive-test.json", folder)
    shutil.copy(FIXTURES / "demo" / "all-in-order.json", folder)
    found = replay(folder, "--order", str(order), "--each")
    by_file = {each["file"]: [one["finding"] for one in each["findings"]] for each in found["each"]}
    assert by_file == {"all-in-order.json": ["COUNSEL-01"], "positive-test.json": ["PREG-01"]}


def test_a_chart_without_an_order_is_refused_and_says_what_to_do(replay, tmp_path):
    """Nothing is ordered for a patient unless somebody says what."""
    shutil.copy(FIXTURES / "demo" / "no-test.json", tmp_path)
    (refused,) = replay(tmp_path)["refused"]
    assert "--order ORDER.json" in refused["why"]


def test_a_hook_without_orders_needs_no_order(replay, tmp_path):
    """A chart may be opened: the service of that hook is asked."""
    shutil.copy(FIXTURES / "demo" / "in-course.json", tmp_path)
    found = replay(tmp_path, "--service", "isotretinoin-patient-view", "--today", "2026-11-24", "--each")
    assert [each["finding"] for each in found["each"][0]["findings"]] == ["LIPID-04"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "it is no JSON object"),
        ("[]", "it is no JSON object"),
        ('{"some": "file"}', "neither a request nor a chart"),
        ('{"resourceType": "Bundle", "entry": []}', "a Bundle of 0 patients; a chart is of one"),
    ],
)
def test_other_files_are_named_and_do_not_stop_it(replay, tmp_path, content, why):
    """Nothing in the folder is passed over in silence."""
    (tmp_path / "odd.json").write_text(content)
    assert replay(tmp_path)["refused"] == [{"file": "odd.json", "why": why}]


def test_no_patient_is_in_the_output(capsys, tmp_path):
    """Names of files, rules and reasons: no name, no id, no date of birth, no resource."""
    for path in VIGNETTES.glob("V3*.us.*.json"):
        shutil.copy(path, tmp_path)
    broken = json.loads((VIGNETTES / "V39.us.request.json").read_text())
    (tmp_path / "bare.json").write_text(json.dumps(broken))
    assert main(["replay", str(tmp_path), "--each"]) == 0
    said = capsys.readouterr().out
    for path in tmp_path.glob("*.chart.json"):
        for entry in json.loads(path.read_text())["entry"]:
            resource = entry["resource"]
            if resource["resourceType"] == "Patient":
                assert resource["id"] not in said
                assert resource.get("birthDate", "1") not in re.findall(r"\d{4}-\d\d-\d\d", said)
            assert f"{resource['resourceType']}/" not in said


def test_a_folder_without_recordings_cannot_be_replayed(capsys, tmp_path):
    """It is said which folder, and that nothing is in it."""
    assert main(["replay", str(tmp_path)]) == 2
    assert "there is no file *.json in it" in capsys.readouterr().err
    assert main(["replay", str(tmp_path / "missing")]) == 2
    assert "there is no such folder" in capsys.readouterr().err
