import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager

import pytest
from record_samples import accepted, card

from cds.record.writer import Counts, Job, UnavailableError, Writer

PATIENCE_S = 10


class Disk:
    """Takes what is written; can be made to fail, and to wait."""

    def __init__(self):
        self.commits = []
        self.error = None
        self.open = threading.Event()
        self.open.set()

    def write(self, jobs):
        assert self.open.wait(PATIENCE_S)
        if self.error is not None and (error := self.error(jobs)) is not None:
            raise error
        if jobs:
            self.commits.append(list(jobs))

    @property
    def cards(self):
        return [each.uuid for jobs in self.commits for job in jobs for each in job.cards]


@contextmanager
def writing(disk, most=100):
    """A writer that is closed at the end."""
    writer = Writer(disk.write, most)
    try:
        yield writer
    finally:
        disk.open.set()
        writer.close()


def until(true):
    """Wait for a thread to get there."""
    give_up = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.005)


def waited_for(writer):
    """Feedback that somebody waits for."""
    job = Job((), (accepted("c1"),), "", Future())
    assert writer.put(job)
    return job.done


def test_rows_that_come_together_are_one_commit():
    """Many answers within a moment share one commit, in their order."""
    disk = Disk()
    with writing(disk) as writer:
        for number in range(20):
            assert writer.put(Job((card(f"c{number}"),)))
    assert disk.cards == [f"c{number}" for number in range(20)]
    assert len(disk.commits) <= 3
    assert writer.counts() == Counts(written=20)


def test_a_commit_has_about_a_hundred_rows():
    """A crowd is written in portions, so that another process gets its turn."""
    disk = Disk()
    disk.open.clear()
    with writing(disk, 1000) as writer:
        for number in range(200):
            writer.put(Job((card(f"c{number}"),)))
        disk.open.set()
    assert len(disk.cards) == 200
    assert all(sum(job.rows for job in jobs) <= 102 for jobs in disk.commits)


def test_a_full_queue_counts_and_never_waits():
    """Cards that find no room are counted as dropped; whoever shows them is not held up."""
    disk = Disk()
    disk.open.clear()
    with writing(disk, 5) as writer:
        writer.put(Job((card("first"),)))
        until(lambda: writer.counts().waiting == 1)
        time.sleep(0.1)
        began = time.monotonic()
        taken = [writer.put(Job((card(f"c{number}"), card(f"d{number}")))) for number in range(8)]
        assert time.monotonic() - began < 0.1
        assert taken == [True] * 5 + [False] * 3
        assert writer.counts().dropped == 6
    assert len(disk.cards) == 11
    assert writer.counts() == Counts(written=11, dropped=6)


def test_cards_wait_while_the_database_is_away_and_feedback_is_told():
    """Feedback is refused at once when it cannot be written; cards wait, and are written when that works again."""
    disk = Disk()
    disk.error = lambda jobs: UnavailableError("locked")
    with writing(disk) as writer:
        writer.put(Job((card("c1"),)))
        assert waited_for(writer).result(PATIENCE_S) is False
        assert writer.counts().down
        disk.error = None
        until(lambda: not writer.counts().down)
        until(lambda: disk.cards == ["c1"])
        assert waited_for(writer).result(PATIENCE_S) is True
        assert writer.counts() == Counts(written=1)


def test_it_is_tried_again_though_nothing_waits():
    """After a failure with feedback alone the database is tried until it works, without any new record."""
    disk = Disk()
    disk.error = lambda jobs: UnavailableError("locked")
    with writing(disk) as writer:
        assert waited_for(writer).result(PATIENCE_S) is False
        disk.error = None
        until(lambda: not writer.counts().down)


def test_one_bad_row_does_not_stop_the_others():
    """What can never be written is left out and counted; what came with it is written."""
    disk = Disk()
    disk.error = lambda jobs: ValueError() if any(each.uuid == "bad" for job in jobs for each in job.cards) else None
    with writing(disk) as writer:
        for uuid in ("c1", "bad", "c2"):
            writer.put(Job((card(uuid),)))
        assert waited_for(writer).result(PATIENCE_S) is True
    assert disk.cards == ["c1", "c2"]
    assert writer.counts() == Counts(written=2, dropped=1)


def test_at_the_end_what_waits_is_written():
    """Closing drains the queue; what comes later is counted as dropped."""
    disk = Disk()
    disk.open.clear()
    with writing(disk) as writer:
        for number in range(10):
            writer.put(Job((card(f"c{number}"),)))
        disk.open.set()
    assert len(disk.cards) == 10
    assert writer.put(Job((card("late"),))) is False
    assert writer.counts() == Counts(written=10, dropped=1)


@pytest.mark.parametrize("waiting", [1, 150])
def test_at_the_end_a_database_that_is_away_is_not_waited_for(waiting):
    """Closing gives up after one more attempt, and counts what is lost."""
    disk = Disk()
    disk.error = lambda jobs: UnavailableError("locked")
    with writing(disk, 1000) as writer:
        for number in range(waiting):
            writer.put(Job((card(f"c{number}"),)))
        began = time.monotonic()
        writer.close()
        assert time.monotonic() - began < 5
    assert writer.counts().dropped == waiting
    assert writer.counts().waiting == 0
