import csv
import io
import json
import sqlite3
from contextlib import closing

import pytest
from record_samples import AT, LATER, SYSTEM, accepted, card, overridden, prepared, recording, rows, shadowed, until

from cds.cli import main
from cds.record.database import open_current
from cds.record.entry import Entry
from cds.record.formats import as_csv, as_json, as_text
from cds.record.journal import Journal
from cds.record.moments import utc_now
from cds.record.purge import purge
from cds.record.report import ReasonCount, read_report

CARDS = (
    card("c1", ("LIPID-01", "warning"), ("LIVER-01", "info"), suggestions=("s1", "s2")),
    card("c2", suggestions=("s3",)),
    card("c3"),
    card("c4"),
    card("c5", ("LIPID-01", "info"), answered_at=LATER),
)
NEXT_WEEK = "2026-11-30T00:00:00.000000Z"
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
    assert ["2026-W48", "-", "5", "1", "2", "2"] in [line.split() for line in lines]


def test_json_and_csv_hold_the_same(report):
    """The report as JSON and as CSV has the same lines and counts as the text."""
    found = json.loads(as_json(report))
    assert found["cards"] == 5
    lines = list(csv.DictReader(io.StringIO(as_csv(report))))
    assert [(each["finding"], int(each["shown"])) for each in lines] == [
        (each["finding"], each["shown"]) for each in found["findings"]
    ]
    assert {each["reasons"] for each in lines} == {"", "1 without a reason, 1 done"}


@pytest.fixture
def weeks(tmp_path):
    """Cards of two clients in two weeks, one week being of two days, and what a rule in shadow would have said."""
    found = prepared(tmp_path)
    with recording(found, now=lambda: AT) as recorder:
        recorder.keep_cards(
            (
                card("n1", client="north"),
                card("n2", client="north", answered_at="2026-11-29T23:59:59.999999Z"),
                card("n3", client="north", answered_at=NEXT_WEEK),
                card("s1", client="south"),
            ),
            (
                shadowed("d1", client="north"),
                shadowed("d2", client="north", answered_at=NEXT_WEEK),
                shadowed("d3", client="south"),
                shadowed("d4", "", client="south"),
            ),
        )
        assert recorder.keep_feedback(
            (accepted("n1"), overridden("n2", "done"), overridden("n3", "done"), overridden("s1", "other"))
        )
    return found


def read(place, since=""):
    """The report of a place."""
    engine = open_current(place)
    try:
        return read_report(engine, since)
    finally:
        engine.dispose()


def test_findings_are_counted_by_client_and_week(weeks):
    """Each client and each ISO week, by the day in UTC, has counts and reasons of its own."""
    report = read(weeks)
    assert [
        (each.client, each.week, each.shown, each.accepted, each.overridden, each.ignored, each.reasons)
        for each in report.findings
    ] == [
        ("north", "2026-W48", 2, 1, 1, 0, (ReasonCount("done", SYSTEM, 1),)),
        ("north", "2026-W49", 1, 0, 1, 0, (ReasonCount("done", SYSTEM, 1),)),
        ("south", "2026-W48", 1, 0, 1, 0, (ReasonCount("other", SYSTEM, 1),)),
    ]
    assert [(each.week, each.client, each.shown, each.overridden) for each in report.weeks] == [
        ("2026-W48", "north", 2, 1),
        ("2026-W48", "south", 1, 1),
        ("2026-W49", "north", 1, 1),
    ]


def test_the_text_sums_over_what_is_not_asked_for(weeks):
    """Without --by a finding is one line with all of its reasons; by client and week it is one for each."""
    report = read(weeks)
    plain = [line.split() for line in as_text(report).splitlines()]
    at = next(number for number, line in enumerate(plain) if line[:2] == ["LIPID-01", "warning"])
    assert plain[at][-4:] == ["4", "1", "3", "0"]
    assert " ".join(plain[at + 1]) == "overridden: 2 done, 1 other"
    for by, expected in (
        (("client",), [["north", "3", "1", "2", "0"], ["south", "1", "0", "1", "0"]]),
        (("week",), [["2026-W48", "3", "1", "2", "0"], ["2026-W49", "1", "0", "1", "0"]]),
        (("client", "week"), [["north", "2026-W48", "2", "1", "1", "0"]]),
    ):
        lines = [line.split()[4:] for line in as_text(report, by).splitlines() if line.startswith("LIPID-01  warning")]
        assert [line for line in lines if len(line) == len(by) + 4][: len(expected)] == expected


def test_rules_in_shadow_are_told_apart(weeks):
    """How often a rule in shadow would have said something, and how often it could not be checked; no card of it."""
    report = read(weeks)
    assert [(each.finding, each.client, each.week, each.times) for each in report.shadow] == [
        ("", "south", "2026-W48", 1),
        ("LIPID-01", "north", "2026-W48", 1),
        ("LIPID-01", "north", "2026-W49", 1),
        ("LIPID-01", "south", "2026-W48", 1),
    ]
    assert report.cards == 4
    lines = [" ".join(line.split()) for line in as_text(report).splitlines()]
    assert "could not be checked sample/rule-shadow 1.0.0 1" in lines
    assert "LIPID-01 warning sample/rule-shadow 1.0.0 3" in lines
    cells = list(csv.DictReader(io.StringIO(as_csv(report))))
    assert sum(int(each["shadow"] or 0) for each in cells) == 4
    assert sum(int(each["shown"] or 0) for each in cells) == 4
    assert [each.times for each in read(weeks, NEXT_WEEK).shadow] == [1]


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
    assert main(["feedback", "report", "--data", folder, "--by", "week", "--by", "client"]) == 0
    assert "2026-W48" in capsys.readouterr().out
    assert main(["feedback", "report", "--data", folder, "--format", "json", "--since", "2026-11-25"]) == 0
    assert json.loads(capsys.readouterr().out)["cards"] == 0
    assert main(["feedback", "report", "--data", folder, "--format", "csv"]) == 0
    assert capsys.readouterr().out.startswith("pack,rule,version,finding,indicator,client,week,shown")


def test_the_command_purges(place, capsys):
    """purge deletes what is older than the day given, and says how much."""
    folder = str(place.file.parent)
    assert main(["purge", "--before", "2026-11-25", "--data", folder]) == 0
    out = capsys.readouterr().out
    assert "Deleted 5 cards shown before 2026-11-25, feedback for 1 cards that are not on record, and 0 find" in out


def test_the_command_keeps_a_number_of_days(place, capsys):
    """purge --keep counts back from today: nothing of today goes, and everything of long ago does."""
    folder = str(place.file.parent)
    with recording(place) as recorder:
        recorder.keep_cards((card("today", answered_at=recorder.now()), card("old", answered_at=AT.replace("6", "0"))))
        recorder.keep_cards(
            (), (shadowed("d1", answered_at=AT.replace("6", "0")), shadowed("d2", answered_at=utc_now()))
        )
    assert main(["purge", "--keep", "400", "--data", folder]) == 0
    assert "Deleted 1 cards" in capsys.readouterr().out
    left = [uuid for (uuid,) in rows(place, "select uuid from cards")]
    assert "today" in left
    assert "old" not in left
    assert rows(place, "select uuid from shadow_findings") == [("d2",)]


@pytest.mark.parametrize("days", ["0", "-1", "one", "36501"])
def test_days_to_keep_are_a_number(days, capsys):
    """What is no number of days is refused, before anything is deleted."""
    with pytest.raises(SystemExit) as caught:
        main(["purge", "--keep", days])
    assert caught.value.code == 2
    assert "days" in capsys.readouterr().err


def test_purge_covers_what_ended_processes_left(place, capsys):
    """What lies in the journal of an ended process is as old as it is: written first, and deleted then."""
    journal = Journal(place.journal, utc_now)
    journal.append([Entry((card("left"),)), Entry((card("young", answered_at=utc_now()),))], sync=True)
    journal.abandon()
    assert main(["purge", "--before", "2026-11-25", "--data", str(place.file.parent)]) == 0
    out = capsys.readouterr().out
    assert "Wrote 2 entries" in out
    assert "Deleted 6 cards" in out
    assert list(place.journal.iterdir()) == []


def test_purge_and_the_running_service_leave_each_other_alone(place):
    """While a process keeps cards and feedback, purge deletes the old ones again and again: none of the new is lost."""
    engine = open_current(place)
    names = [f"new{number}" for number in range(150)]
    with recording(place) as recorder:
        for number, name in enumerate(names):
            recorder.keep_cards((card(name, answered_at=NEXT_WEEK), card(f"old{number}")))
            assert recorder.keep_feedback((accepted(name),))
            if number % 30 == 0:
                purge(engine, NEXT_WEEK)
        until(lambda: recorder.counts().waiting == 0)
        assert recorder.counts().dropped == 0
    purge(engine, NEXT_WEEK)
    engine.dispose()
    assert sorted(uuid for (uuid,) in rows(place, "select uuid from cards")) == sorted(names)
    assert sorted(card for (card,) in rows(place, "select card from feedback where card like 'new%'")) == sorted(names)


def test_purge_of_a_database_that_is_held_says_so(place, capsys, monkeypatch):
    """Another program holds the database: a sentence and exit code 2, no traceback."""
    monkeypatch.setattr("cds.record.database.BUSY_MS", 100)
    with closing(sqlite3.connect(place.file, isolation_level=None)) as connection:
        connection.execute("begin immediate")
        assert main(["purge", "--before", "2026-11-25", "--data", str(place.file.parent)]) == 2
    assert "database is locked. Run it again" in capsys.readouterr().err


def test_without_records_the_commands_say_so(tmp_path, capsys):
    """A folder without records ends a command with exit code 2 and a sentence."""
    for command in (["feedback", "report"], ["purge", "--before", "2026-11-25"]):
        assert main([*command, "--data", str(tmp_path / "none")]) == 2
        assert "no records yet" in capsys.readouterr().err
