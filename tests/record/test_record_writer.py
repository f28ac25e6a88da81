import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager

import pytest
from record_samples import PATIENCE_S, accepted, card, until

from cds.record.drain import Drain
from cds.record.entry import Entry
from cds.record.journal import LEFT_OUT, Journal
from cds.record.moments import utc_now
from cds.record.writer import Job, UnavailableError, Writer


class Disk(Journal):
    """A journal whose disk can be made to fail, and to wait."""

    def __init__(self, folder, **options):
        super().__init__(folder / "journal", utc_now, **options)
        self.error = None
        self.appends = []
        self.open = threading.Event()
        self.open.set()
        self.busy = threading.Event()

    def append(self, entries, *, sync):
        self.busy.set()
        assert self.open.wait(PATIENCE_S)
        if self.error is not None:
            raise self.error
        super().append(entries, sync=sync)
        self.appends.append((len(entries), sync))


class Database:
    """Takes what is written; can be made to fail."""

    def __init__(self):
        self.commits = []
        self.error = None

    def write(self, entries):
        if self.error is not None and (error := self.error(entries)) is not None:
            raise error
        if entries:
            self.commits.append(list(entries))

    @property
    def cards(self):
        return [each.uuid for entries in self.commits for entry in entries for each in entry.cards]

    @property
    def feedback(self):
        return [each.card for entries in self.commits for entry in entries for each in entry.items]


def away(_):
    """A database that is away."""
    return UnavailableError("locked")


@contextmanager
def writing(disk, database, most=100):
    """A writer that is closed at the end."""
    writer = Writer(disk, database.write, most)
    try:
        yield writer
    finally:
        disk.open.set()
        writer.close()


@contextmanager
def draining(disk, database, fed=lambda: True):
    """A drain that is closed at the end."""
    ended = threading.Event()
    drain = Drain(disk, database.write, lambda: fed() and not ended.is_set())
    try:
        yield drain
    finally:
        ended.set()
        drain.close()


def shown(*uuids):
    """Cards of one answer."""
    return Job(Entry(tuple(card(uuid) for uuid in uuids)))


def waited_for(writer, name="c1"):
    """Feedback that somebody waits for."""
    job = Job(Entry(items=(accepted(name),)), Future())
    assert writer.put(job)
    return job.done


def test_feedback_is_synchronized_before_it_is_acknowledged(tmp_path):
    """F-9: whoever waits is told after the journal is on disk; cards alone are not synchronized."""
    disk, database = Disk(tmp_path), Database()
    with writing(disk, database) as writer:
        writer.put(shown("c1"))
        until(lambda: disk.appends == [(1, False)])
        assert waited_for(writer).result(PATIENCE_S) is True
        assert disk.appends == [(1, False), (1, True)]
    assert database.commits == []
    disk.close()


def test_what_comes_together_is_one_append(tmp_path):
    """While the disk is busy jobs gather, and share the next append; none has many more than a hundred rows."""
    disk, database = Disk(tmp_path), Database()
    disk.open.clear()
    with writing(disk, database, 1000) as writer:
        for number in range(200):
            writer.put(shown(f"c{number}"))
        disk.open.set()
    assert sum(count for count, _ in disk.appends) == 200
    assert len(disk.appends) <= 6
    disk.close()


def test_a_full_queue_counts_and_never_waits(tmp_path):
    """Cards that find no room are counted as dropped; whoever shows them is not held up."""
    disk, database = Disk(tmp_path), Database()
    disk.open.clear()
    with writing(disk, database, 5) as writer:
        writer.put(shown("first"))
        assert disk.busy.wait(PATIENCE_S)
        began = time.monotonic()
        taken = [writer.put(shown(f"c{number}", f"d{number}")) for number in range(8)]
        assert time.monotonic() - began < 1
        assert taken == [True] * 5 + [False] * 3
        assert writer.dropped == 6
    assert disk.spilled == 6
    disk.close()


def test_without_a_journal_the_database_takes_it(tmp_path):
    """The local disk is full, the database is not: nothing is lost and feedback is acknowledged from the database."""
    disk, database = Disk(tmp_path), Database()
    disk.error = OSError(28, "No space left on device")
    with writing(disk, database) as writer:
        writer.put(shown("c1"))
        assert waited_for(writer).result(PATIENCE_S) is True
        assert (writer.is_off, writer.stuck, writer.written) == (True, False, 1)
        disk.error = None
        assert waited_for(writer).result(PATIENCE_S) is True
        assert writer.is_off is False
    assert (database.cards, database.feedback) == (["c1"], ["c1"])
    assert disk.spilled == 1
    disk.close()


def test_without_both_cards_wait_and_feedback_is_told(tmp_path):
    """Neither journal nor database: feedback is refused, cards wait in memory, and are kept when either works again."""
    disk, database = Disk(tmp_path), Database()
    disk.error, database.error = OSError(28, "No space left on device"), away
    with writing(disk, database) as writer:
        writer.put(shown("c1"))
        assert waited_for(writer).result(PATIENCE_S) is False
        assert writer.stuck
        until(lambda: writer.queued == 1)
        disk.error = None
        until(lambda: disk.spilled == 1)
        assert waited_for(writer).result(PATIENCE_S) is True
        assert writer.dropped == 0
    disk.close()


def test_feedback_alone_is_tried_again(tmp_path):
    """After a refusal with nothing left to write, the next feedback is tried and not refused unseen for ever."""
    disk, database = Disk(tmp_path), Database()
    disk.error, database.error = OSError(28, "No space left on device"), away
    with writing(disk, database) as writer:
        assert waited_for(writer).result(PATIENCE_S) is False
        disk.error = None
        until(lambda: not writer.stuck)
        assert waited_for(writer).result(PATIENCE_S) is True
    disk.close()


@pytest.mark.parametrize("waiting", [1, 150])
def test_at_the_end_what_can_be_kept_nowhere_is_counted(tmp_path, waiting):
    """Closing gives up after one more attempt at journal and database, and counts what is lost."""
    disk, database = Disk(tmp_path), Database()
    disk.error, database.error = OSError(28, "No space left on device"), away
    with writing(disk, database, 1000) as writer:
        for number in range(waiting):
            writer.put(shown(f"c{number}"))
        writer.close()
        assert writer.dropped == waiting
        assert writer.queued == 0
        assert writer.put(shown("late")) is False
        assert writer.dropped == waiting + 1
    disk.close()


def test_an_entry_that_cannot_be_a_line_stops_no_other(tmp_path):
    """A mistake of ours in one entry is counted, and told to whoever waits; the rest is kept."""
    disk, database = Disk(tmp_path), Database()
    disk.open.clear()
    with writing(disk, database) as writer:
        writer.put(shown("c1"))
        bad = Job(Entry(items=(object(),)), Future())
        writer.put(bad)
        good = waited_for(writer)
        disk.open.set()
        assert bad.done.result(PATIENCE_S) is False
        assert good.result(PATIENCE_S) is True
    assert disk.spilled == 2
    disk.close()


def test_the_journal_gets_to_the_database_in_few_commits(tmp_path):
    """What is appended is committed in its order, in portions of about a hundred rows, and the file is empty then."""
    disk, database = Disk(tmp_path), Database()
    disk.append([Entry((card(f"c{number}"),)) for number in range(200)], sync=False)
    with draining(disk, database) as drain:
        until(lambda: drain.written == 200)
        until(lambda: disk.size == 0)
    assert database.cards == [f"c{number}" for number in range(200)]
    assert all(sum(entry.rows for entry in entries) <= 102 for entries in database.commits)
    assert list(disk.folder.iterdir()) == []


def test_a_database_that_comes_back_gets_everything(tmp_path):
    """While it is away the journal grows; afterwards all of it is written, once."""
    disk, database = Disk(tmp_path), Database()
    database.error = away
    with draining(disk, database) as drain:
        disk.append([Entry((card("c1"),))], sync=False)
        until(lambda: drain.down)
        disk.append([Entry(items=(accepted("c1"),))], sync=True)
        assert database.commits == []
        database.error = None
        until(lambda: not drain.down and disk.size == 0)
    assert (database.cards, database.feedback) == (["c1"], ["c1"])


def test_one_bad_row_stops_no_other_and_is_put_aside(tmp_path):
    """What can never be written goes to a file beside the journal, since it may be acknowledged; the rest is kept."""
    disk, database = Disk(tmp_path), Database()
    database.error = lambda entries: ValueError() if any(each.items for each in entries) else None
    with draining(disk, database) as drain:
        disk.append([Entry((card("c1"),)), Entry(items=(accepted("bad"),)), Entry((card("c2"),))], sync=True)
        until(lambda: drain.written == 2)
        until(lambda: disk.size == 0)
        assert (drain.left_out, drain.down) == (1, False)
    assert database.cards == ["c1", "c2"]
    assert b'"bad"' in (disk.folder / LEFT_OUT).read_bytes()


def test_at_the_end_a_database_that_is_away_is_not_waited_for(tmp_path):
    """A process ends after one more attempt; the next one finds everything in the journal."""
    disk, database = Disk(tmp_path), Database()
    database.error = away
    disk.append([Entry((card("c1"),))], sync=False)
    with draining(disk, database):
        pass
    database.error = None
    later = Disk(tmp_path)
    with draining(later, database):
        until(lambda: later.adopted == 1)
    assert database.cards == ["c1"]


def test_a_journal_that_cannot_be_read_is_tried_again(tmp_path):
    """A mistake while reading ends no thread."""
    disk, database = Disk(tmp_path), Database()
    reading = disk.next_portion
    disk.next_portion = lambda: (_ for _ in ()).throw(OSError(5, "Input/output error"))
    with draining(disk, database) as drain:
        disk.append([Entry((card("c1"),))], sync=False)
        until(lambda: drain.down)
        disk.next_portion = reading
        until(lambda: database.cards == ["c1"])
        until(lambda: not drain.down)


def test_a_failure_that_leaves_nothing_to_write_is_over(tmp_path):
    """After a mistake of the disk with nothing left to write, the database does not count as down for ever."""
    disk, database = Disk(tmp_path), Database()
    reading, failed = disk.next_portion, threading.Event()

    def once():
        if not failed.is_set():
            failed.set()
            raise OSError(5, "Input/output error")
        return reading()

    disk.next_portion = once
    with draining(disk, database) as drain:
        assert failed.wait(PATIENCE_S)
        until(lambda: not drain.down)
    assert database.commits == []
