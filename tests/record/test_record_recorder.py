import multiprocessing
import os
import sqlite3
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from record_samples import AT, LATER, SYSTEM, accepted, card, overridden, prepared, recording, rows, shadowed, until

from cds.errors import StartError
from cds.record.database import open_current
from cds.record.place import FILE, Place
from cds.record.purge import Purged, purge
from cds.record.recorder import Counts, Recorder, open_recorder
from cds.record.report import read_report


@contextmanager
def locked(place):
    """Another program that holds the database."""
    with closing(sqlite3.connect(place.file, isolation_level=None)) as connection:
        connection.execute("begin immediate")
        yield
        connection.execute("rollback")


def test_cards_are_kept_with_all_that_is_on_them(tmp_path):
    """A card is one row, with a row for each finding and each suggestion."""
    place = prepared(tmp_path)
    with recording(place) as recorder:
        recorder.keep_cards((card("c1", ("LIPID-01", "warning"), ("LIVER-01", "info"), suggestions=("s1",)),))
        recorder.keep_cards(())
    assert rows(place, "select * from cards") == [
        ("c1", AT, "order-sign", "sample-order-sign", "", "sample", "0.1.0", "00ff", "sample", "labs", "warning")
    ]
    assert rows(place, "select * from findings order by finding") == [
        ("c1", "LIPID-01", "rule-lipid-01", "1.0.0", "warning", 1),
        ("c1", "LIVER-01", "rule-liver-01", "1.0.0", "info", 1),
    ]
    assert rows(place, "select * from suggestions") == [("c1", "s1", "lipid-panel")]


def test_what_a_rule_in_shadow_would_have_said_is_kept_without_a_card(tmp_path):
    """A rule in shadow leaves a row of its own, also where there is no card at all."""
    place = prepared(tmp_path)
    with recording(place) as recorder:
        recorder.keep_cards((), (shadowed("d1", client="north"), shadowed("d2", "")))
    where = (AT, "order-sign", "sample-order-sign")
    of = ("sample", "0.1.0", "00ff", "sample", "rule-shadow", "1.0.0")
    assert rows(place, "select * from shadow_findings order by uuid") == [
        ("d1", *where, "north", *of, 2, "LIPID-01", "warning"),
        ("d2", *where, "", *of, 3, "", ""),
    ]
    assert rows(place, "select * from cards") == []


def test_feedback_is_on_disk_when_it_is_acknowledged(tmp_path):
    """F-2: once keep_feedback says so, the items are in the journal or the database, and soon in the database."""
    place = prepared(tmp_path)
    with recording(place, now=lambda: LATER) as recorder:
        assert recorder.keep_feedback((accepted("c1", "s1", "s2"), overridden("c2", "done", has_comment=True)))
        until(lambda: recorder.counts().waiting == 0)
        assert rows(place, "select * from feedback order by card") == [
            ("c1", "accepted", AT, "", "", 0, LATER),
            ("c2", "overridden", AT, SYSTEM, "done", 1, LATER),
        ]
        assert rows(place, "select card, suggestion from accepted_suggestions") == [("c1", "s1"), ("c1", "s2")]
        assert recorder.keep_feedback(())


def test_the_same_item_again_is_one_row(tmp_path):
    """F-2: repeats, in one batch or later, change nothing; another time, outcome or reason is another row."""
    place = prepared(tmp_path)
    with recording(place) as recorder:
        same = (overridden("c1", "done"), overridden("c1", "done"))
        assert all(recorder.keep_feedback(same) for _ in range(3))
        until(lambda: recorder.counts().waiting == 0)
        assert len(rows(place, "select * from feedback")) == 1
        recorder.keep_feedback((overridden("c1", "other"), overridden("c1"), overridden("c1", "done", LATER)))
        recorder.keep_feedback((accepted("c1", "s1"), accepted("c1", "s2"), accepted("c1", "s1", at=LATER)))
    assert len(rows(place, "select * from feedback")) == 6
    assert len(rows(place, "select * from accepted_suggestions")) == 3


def test_feedback_may_come_before_its_card(tmp_path):
    """F-11: feedback for a card that still waits, or is of nobody, is kept; the report joins them later."""
    place = prepared(tmp_path)
    with recording(place) as recorder:
        assert recorder.keep_feedback((accepted("c1"), accepted("unknown")))
        recorder.keep_cards((card("c1"),))
    engine = open_current(place)
    found = read_report(engine)
    engine.dispose()
    assert (found.cards, found.accepted, found.unmatched) == (1, 1, 1)


def test_a_locked_database_holds_nothing_up(tmp_path):
    """While another program holds the database feedback is acknowledged from the journal; all is written afterwards."""
    place = prepared(tmp_path)
    with recording(place) as recorder:
        with locked(place):
            recorder.keep_cards((card("c1"),))
            assert recorder.keep_feedback((accepted("c1"),))
            until(lambda: recorder.counts().down)
            assert recorder.keep_feedback((accepted("c2"),))
            assert recorder.counts().journal_bytes > 0
        until(lambda: not recorder.counts().down and recorder.counts().waiting == 0)
        assert recorder.counts().journal_bytes == 0
    assert rows(place, "select uuid from cards") == [("c1",)]
    assert rows(place, "select card from feedback order by card") == [("c1",), ("c2",)]


def test_without_journal_and_database_nothing_is_acknowledged(tmp_path):
    """Neither can be written: feedback is refused, at once the second time, and what is shown waits in memory."""
    place = prepared(tmp_path)
    place.journal.write_text("a file where the folder should be")
    with recording(place) as recorder:
        with locked(place):
            recorder.keep_cards((card("c1"),))
            assert recorder.keep_feedback((overridden("c1"),)) is False
            counts = recorder.counts()
            assert (counts.down, counts.journal_down, counts.queued) == (True, True, 1)
            began = time.monotonic()
            assert recorder.keep_feedback((overridden("c1"),)) is False
            assert time.monotonic() - began < 2
        until(lambda: not recorder.counts().down)
        assert recorder.keep_feedback((accepted("c1"),))
        # The journal is away still: the acknowledged item is in the database itself.
        assert rows(place, "select outcome from feedback where outcome = 'accepted'") == [("accepted",)]
    assert rows(place, "select uuid from cards") == [("c1",)]


def test_what_a_dead_process_left_is_taken_over_without_a_call(tmp_path):
    """A process that starts writes what an earlier one could not, before it keeps anything itself."""
    place = prepared(tmp_path)
    with locked(place), recording(place) as recorder:
        assert recorder.keep_feedback((overridden("c1"),))
    assert rows(place, "select * from feedback") == []
    with recording(place) as recorder:
        recorder.begin()
        until(lambda: recorder.counts().adopted == 1)
    assert rows(place, "select card from feedback") == [("c1",)]
    assert list(place.journal.iterdir()) == []


def _in_a_process(recorder, name):
    recorder.keep_cards((card(name),))
    ok = recorder.keep_feedback((accepted(name),))
    os._exit(0 if ok and recorder.counts() != Counts() else 1)


def test_each_forked_process_has_a_thread_of_its_own(tmp_path):
    """A recorder that is made, and even used, before a fork works in the process and in those forked from it."""
    place = prepared(tmp_path)
    with recording(place) as recorder:
        assert recorder.keep_feedback((accepted("parent"),))
        forked = [
            multiprocessing.get_context("fork").Process(target=_in_a_process, args=(recorder, f"child{number}"))
            for number in range(2)
        ]
        for each in forked:
            each.start()
        for each in forked:
            each.join(30)
        assert [each.exitcode for each in forked] == [0, 0]
        assert recorder.keep_feedback((overridden("parent"),))
    with recording(place) as recorder:
        recorder.begin()  # what the children left on their journals when they ended
    assert {name for (name,) in rows(place, "select card from feedback")} == {"parent", "child0", "child1"}


LEAVING = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from record_samples import card, prepared
from cds.record.recorder import Recorder
recorder = Recorder(prepared(Path(sys.argv[2])))
for number in range(500):
    recorder.keep_cards((card(f"c{number}"),))
"""


def test_a_process_that_ends_writes_what_waits(tmp_path):
    """However a process ends its main thread, cards that wait for the disk are written first."""
    subprocess.run([sys.executable, "-c", LEAVING, Path(__file__).parent, tmp_path], check=True, timeout=60)
    (found,) = rows(Place(tmp_path / "isotretinoin-cds.sqlite"), "select count(*) from cards")
    assert found == (500,)


def test_many_threads_share_commits(tmp_path):
    """Feedback of many callers at once is all kept, in far fewer commits than calls."""
    place = prepared(tmp_path)
    with recording(place) as recorder, ThreadPoolExecutor(16) as pool:
        began = time.monotonic()
        assert all(pool.map(lambda number: recorder.keep_feedback((accepted(f"c{number}"),)), range(160)))
        assert time.monotonic() - began < 5
    assert len(rows(place, "select * from feedback")) == 160


def test_old_records_are_deleted(tmp_path):
    """purge deletes cards shown before a day with their feedback, and older feedback without a card; not the rest."""
    place = prepared(tmp_path)
    with recording(place, now=lambda: AT) as recorder:
        recorder.keep_cards(tuple(card(f"old{number}", suggestions=("s1",)) for number in range(600)))
        recorder.keep_cards((card("new", answered_at=LATER, suggestions=("s1",)),))
        recorder.keep_feedback((accepted("old1", at=LATER), accepted("new"), accepted("unknown")))
    engine = open_current(place)
    assert purge(engine, AT) == Purged(0, 0, 0)
    assert purge(engine, LATER) == Purged(600, 1, 0)
    engine.dispose()
    for table, key in (("cards", "uuid"), ("findings", "card"), ("suggestions", "card"), ("feedback", "card")):
        assert rows(place, f"select {key} from {table}") == [("new",)], table  # noqa: S608
    assert rows(place, "select card from accepted_suggestions") == [("new",)]


def test_what_is_deleted_is_overwritten(tmp_path):
    """Deleted ids are no longer in the file: SQLite overwrites what it frees."""
    place = prepared(tmp_path)
    with recording(place) as recorder:
        recorder.keep_cards((card("MARKED-CARD-ID"),))
    engine = open_current(place)
    purge(engine, LATER)
    engine.dispose()
    assert b"MARKED-CARD-ID" not in place.file.read_bytes()


@pytest.mark.needs("postgresql")
def test_postgresql_keeps_the_same(postgresql):
    """Cards, feedback, repeats, report and purge work on PostgreSQL as they do on SQLite."""
    place = postgresql()
    recorder = open_recorder(place)
    cards = (card("c1", ("LIPID-01", "warning"), ("LIVER-01", "info"), suggestions=("s1",)), card("c2"))
    recorder.keep_cards(cards, (shadowed("d1"),))
    assert all(recorder.keep_feedback((accepted("c1"), overridden("c2", "done"))) for _ in range(2))
    recorder.close()
    engine = open_current(place)
    found = read_report(engine)
    assert (found.cards, found.accepted, found.overridden, found.ignored) == (2, 1, 1, 0)
    assert [(each.finding, each.shown, each.accepted, each.overridden) for each in found.findings] == [
        ("LIPID-01", 2, 1, 1),
        ("LIVER-01", 1, 1, 0),
    ]
    assert found.findings[0].reasons[0].code == "done"
    assert [(each.offered, each.accepted) for each in found.suggestions] == [(1, 1)]
    assert [(each.week, each.shown) for each in found.weeks] == [("2026-W48", 2)]
    assert [(each.finding, each.week, each.times) for each in found.shadow] == [("LIPID-01", "2026-W48", 1)]
    assert purge(engine, LATER) == Purged(2, 0, 1)
    engine.dispose()


def test_what_a_service_makes_is_for_its_owner_alone(tmp_path):
    """The folder of the records and that of the journal are made for the user of the service."""
    place = Place(tmp_path / "state" / "records" / FILE)
    open_recorder(place)
    assert [stat.S_IMODE(each.stat().st_mode) for each in (place.file.parent, place.journal)] == [0o700] * 2


def test_a_folder_that_cannot_be_made_ends_the_start(tmp_path):
    """A file where the folder should be: a sentence, and no service that can keep nothing."""
    (tmp_path / "state").write_text("")
    with pytest.raises(StartError, match="cannot be made"):
        open_recorder(Place(url="postgresql://h/n", folder=tmp_path / "state"))


def test_a_recorder_can_be_made_for_nothing(tmp_path):
    """A process that keeps nothing starts no thread and opens no connection, and closing is no trouble."""
    recorder = Recorder(prepared(tmp_path))
    assert recorder.counts() == Counts()
    recorder.close()
