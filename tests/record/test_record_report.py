import csv
import io
import json

import pytest
from record_samples import AT, LATER, SYSTEM, accepted, card, overridden, prepared, recording

from cds.cli import main
from cds.record.database import open_current
from cds.record.formats import as_csv, as_json, as_text
from cds.record.report import ReasonCount, read_report

CARDS = (
    card("c1", ("LIPID-01", "warning"), ("LIVER-01", "info"), suggestions=("s1", "s2")),
    card("c2", suggestions=("s3",)),
    card("c3"),
    card("c4"),
    card("c5", ("LIPID-01", "info"), answered_at=LATER),
)
FEEDBACK = (
    accepted("c1", "s1"),
    accepted("c1", "s2", at=LATER),
    overridden("c1", "other", LATER),
    overridden("c2", "other"),
    overridden("c2", "done", LATER, has_comment=True),
    overridden("c3"),
    overridden("elsewhere", "done"),
)


@pytest.fixture
def place(tmp_path):
    """Five cards with feedback to three of them, and to one that is not on record."""
    found = prepared(tmp_path)
    with recording(found, now=lambda: AT) as recorder:
        recorder.keep_cards(CARDS)
        assert recorder.keep_feedback(FEEDBACK)
    return found


@pytest.fixture
def report(place):
    """The report since ever."""
    engine = open_current(place)
    yield read_report(engine)
    engine.dispose()


def test_a_card_counts_once(report):
    """F-7: accepted if anything was taken, else overridden, else ignored; what is not on record is told apart."""
    assert (report.cards, report.accepted, report.overridden, report.ignored) == (5, 1, 2, 2)
    assert (report.comments, report.unmatched) == (1, 1)


def test_every_finding_of_a_card_is_counted(report):
    """Each finding of each rule version and indicator has what became of the cards that it was on."""
    found = {
        (each.finding, each.indicator): (each.shown, each.accepted, each.overridden, each.ignored)
        for each in report.findings
    }
    assert found == {
        ("LIPID-01", "warning"): (4, 1, 2, 1),
        ("LIPID-01", "info"): (1, 0, 0, 1),
        ("LIVER-01", "info"): (1, 1, 0, 0),
    }
    assert {(each.pack, each.rule, each.version) for each in report.findings if each.finding == "LIPID-01"} == {
        ("sample", "rule-lipid-01", "1.0.0")
    }


def test_reasons_add_up_to_the_overrides(report):
    """F-5: a card counts under the reason of its last override, or under none; one that was accepted has no reason."""
    reasons = {(each.finding, each.indicator): each.reasons for each in report.findings}
    assert reasons["LIPID-01", "warning"] == (ReasonCount("", "", 1), ReasonCount("done", SYSTEM, 1))
    assert reasons["LIVER-01", "info"] == ()
    assert all(each.overridden == sum(why.cards for why in each.reasons) for each in report.findings)


def test_suggestions_are_counted_by_name(report):
    """F-4: how often the suggestions of one name were offered, and how often taken."""
    assert [(each.suggestion, each.offered, each.accepted) for each in report.suggestions] == [("lipid-panel", 3, 2)]


def test_cards_are_counted_since_a_moment(place):
    """A report since a moment leaves out the cards shown before, and feedback received before."""
    engine = open_current(place)
    found = read_report(engine, LATER)
    engine.dispose()
    assert (found.cards, found.ignored, found.unmatched, found.comments) == (1, 1, 0, 0)
    assert [(each.finding, each.indicator, each.shown) for each in found.findings] == [("LIPID-01", "info", 1)]
    assert found.suggestions == ()


def test_the_text_is_a_table(report):
    """A terminal gets totals, a line for each finding, and the reasons beneath it."""
    text = as_text(report)
    assert "Cards shown: 5. Accepted 1, overridden 2, ignored 2." in text
    lines = text.splitlines()
    head = next(line for line in lines if line.startswith("finding"))
    at = lines.index(head)
    assert lines[at + 2].split() == ["LIPID-01", "warning", "sample/rule-lipid-01", "1.0.0", "4", "1", "2", "1"]
    assert lines[at + 3].strip() == "overridden: 1 without a reason, 1 done"
    assert lines[-1].split() == ["sample/lipid-panel", "3", "2"]


def test_json_and_csv_hold_the_same(report):
    """The report as JSON and as CSV has the same lines and counts as the text."""
    found = json.loads(as_json(report))
    assert found["cards"] == 5
    lines = list(csv.DictReader(io.StringIO(as_csv(report))))
    assert [(each["finding"], int(each["shown"])) for each in lines] == [
        (each["finding"], each["shown"]) for each in found["findings"]
    ]
    assert {each["reasons"] for each in lines} == {"", "1 without a reason, 1 done"}


def test_a_cell_is_never_a_formula(tmp_path):
    """A reason's code that looks like a formula of a spreadsheet never begins a cell."""
    place = prepared(tmp_path)
    with recording(place) as recorder:
        recorder.keep_cards((card("c1"),))
        assert recorder.keep_feedback((overridden("c1", "=1+1"),))
    engine = open_current(place)
    cells = [cell for line in csv.reader(io.StringIO(as_csv(read_report(engine)))) for cell in line]
    engine.dispose()
    assert "1 =1+1" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_nothing_yet_is_a_report_too(tmp_path):
    """An empty database is reported as no cards."""
    engine = open_current(prepared(tmp_path))
    found = read_report(engine)
    engine.dispose()
    assert as_text(found).startswith("Cards shown: 0.")
    assert (found.findings, found.suggestions) == ((), ())


def test_the_command_prints_a_report(place, capsys):
    """feedback report prints what the folder of --data holds, in the format asked for, since the day asked for."""
    folder = str(place.file.parent)
    assert main(["feedback", "report", "--data", folder]) == 0
    assert "LIVER-01" in capsys.readouterr().out
    assert main(["feedback", "report", "--data", folder, "--format", "json", "--since", "2026-11-25"]) == 0
    assert json.loads(capsys.readouterr().out)["cards"] == 0
    assert main(["feedback", "report", "--data", folder, "--format", "csv"]) == 0
    assert capsys.readouterr().out.startswith("pack,rule,version,finding,indicator,shown")


def test_the_command_purges(place, capsys):
    """purge deletes what is older than the day given, and says how much."""
    folder = str(place.file.parent)
    assert main(["purge", "--before", "2026-11-25", "--data", folder]) == 0
    out = capsys.readouterr().out
    assert "Deleted 5 cards shown before 2026-11-25, and feedback for 1 cards that are not on record." in out


def test_without_records_the_commands_say_so(tmp_path, capsys):
    """A folder without records ends a command with exit code 2 and a sentence."""
    for command in (["feedback", "report"], ["purge", "--before", "2026-11-25"]):
        assert main([*command, "--data", str(tmp_path / "none")]) == 2
        assert "no records yet" in capsys.readouterr().err
