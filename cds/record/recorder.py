"""What a serving process keeps on record: cards without anybody waiting, feedback before it is acknowledged."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as WaitedTooLong

from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from cds.record.database import open_engine, prepare, shown_url
from cds.record.feedback import FeedbackItem
from cds.record.moments import UtcNow, utc_now
from cds.record.place import Place
from cds.record.shown import ShownCard
from cds.record.write import write_cards, write_feedback
from cds.record.writer import Counts, Job, UnavailableError, Write, Writer

MOST_WAITING = 10_000
# Twice what SQLite waits for another process; no client waits longer for an acknowledgement.
PATIENCE_S = 10.0


class Recorder:
    """Records of one process.

    Its thread and its connection begin with the first record, so it may be made before a server forks: each process
    that is forked then has a thread and a connection of its own.

    Args:
        place: a database that is prepared.
        most_waiting: answers that may wait for the disk; what comes on top is counted and let go.
    """

    def __init__(
        self,
        place: Place,
        now: UtcNow = utc_now,
        most_waiting: int = MOST_WAITING,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._place = place
        self._now = now
        self._most_waiting = most_waiting
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._process = 0
        self._writer: Writer | None = None
        self._engine: Engine | None = None

    @property
    def where(self) -> str:
        """Where the database is, without its password."""
        return shown_url(open_engine(self._place).url)

    def now(self) -> str:
        """The present moment, as it is stored."""
        return self._now()

    def keep_cards(self, cards: tuple[ShownCard, ...]) -> None:
        """Keep cards of one answer. Never waits and never fails; cards that find no room are counted as dropped."""
        if cards:
            self._started().put(Job(cards))

    def keep_feedback(self, items: tuple[FeedbackItem, ...]) -> bool:
        """Keep feedback; True once all of it is on disk, False when that was not to be had in time.

        After False some or all of it may still get there. Sent again, it is not counted twice.
        """
        if not items:
            return True
        writer = self._started()
        if writer.counts().down:
            return False
        done: Future[bool] = Future()
        if not writer.put(Job((), items, self._now(), done)):
            return False
        try:
            return done.result(self._patience_s)
        except (WaitedTooLong, CancelledError):
            return False

    def counts(self) -> Counts:
        """What this process has kept and dropped so far."""
        writer = self._writer if self._process == os.getpid() else None
        return writer.counts() if writer is not None else Counts()

    def close(self) -> None:
        """Write what is waiting, and end. Not needed at the end of a process, which waits for it by itself."""
        with self._lock:
            if self._writer is not None and self._process == os.getpid():
                self._writer.close()
            if self._engine is not None and self._process == os.getpid():
                self._engine.dispose()

    def _started(self) -> Writer:
        if self._writer is None or self._process != os.getpid():
            with self._lock:
                if self._writer is None or self._process != os.getpid():
                    self._engine = open_engine(self._place)
                    self._writer = Writer(_writing(self._engine), self._most_waiting)
                    self._process = os.getpid()
        return self._writer


def open_recorder(place: Place) -> Recorder:
    """Prepare the database, and keep records in it.

    Raises:
        StartError: when it cannot be opened or written.
    """
    prepare(place)
    return Recorder(place)


def _writing(engine: Engine) -> Write:
    def write(jobs: Sequence[Job]) -> None:
        try:
            with engine.begin() as connection:
                write_cards(connection, [card for job in jobs for card in job.cards])
                for job in jobs:
                    write_feedback(connection, job.items, job.received_at)
        except (DataError, IntegrityError):
            raise
        except (DBAPIError, PoolTimeout) as error:
            raise UnavailableError(type(error).__name__) from error

    return write
