"""What a serving process keeps on record: decisions without anybody waiting, feedback before it is acknowledged."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as WaitedTooLong
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from cds.cards.repeats import Memo
from cds.errors import StartError
from cds.record.database import AwayError, open_engine, prepare, shown_url
from cds.record.drain import Drain
from cds.record.entry import Entry
from cds.record.feedback import FeedbackItem
from cds.record.journal import MOST_BYTES, Journal
from cds.record.lookup import PATIENCE_S as LOOKUP_PATIENCE_S
from cds.record.lookup import Lookup
from cds.record.moments import UtcNow, utc_now
from cds.record.place import Place
from cds.record.segment import make_folder
from cds.record.shown import ShadowFinding, ShownCard
from cds.record.write import write_entries
from cds.record.writer import LOG, Job, UnavailableError, Writer

MOST_WAITING = 10_000
# No client waits longer for an acknowledgement.
PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Counts:
    """What a process has done so far.

    Attributes:
        written: cards in the database, those of dead processes included.
        dropped: cards that were shown and will not be on record.
        waiting: answers and feedback calls of this process that are not in the database yet.
        down: the last attempt to write to the database failed.
        queued: how many of those that wait are in memory only.
        spilled: answers and feedback calls that went into the journal; everything goes there first.
        journal_bytes: what the journal takes on disk now.
        journal_down: the last attempt to write to the journal failed.
        adopted: entries of dead processes' journals that are in the database now.
        torn: lines of a journal that were not whole.
        left_out: entries that the database will never take; they are in a file beside the journal.
        lookups, unanswered: how often the memory was asked, and how often it did not answer, or not in time.
    """

    written: int = 0
    dropped: int = 0
    waiting: int = 0
    down: bool = False
    queued: int = 0
    spilled: int = 0
    journal_bytes: int = 0
    journal_down: bool = False
    adopted: int = 0
    torn: int = 0
    left_out: int = 0
    lookups: int = 0
    unanswered: int = 0


@dataclass(frozen=True, slots=True)
class _Parts:
    """What one process has: its journal, who fills it and who empties it."""

    process: int
    journal: Journal
    writer: Writer
    drain: Drain
    database: _Database


class Recorder:
    """Records of one process.

    Its threads, its journal and its connection begin with the first record or with `begin`, so it may be made before a
    server forks: each process that is forked then has its own.

    Args:
        place: where the records are.
        most_waiting: entries that may wait in memory; what comes on top is counted and let go.
        most_bytes: of the journal of this process.
        lookup_patience_s: how long a call waits for what is remembered.
    """

    def __init__(
        self,
        place: Place,
        now: UtcNow = utc_now,
        most_waiting: int = MOST_WAITING,
        patience_s: float = PATIENCE_S,
        most_bytes: int = MOST_BYTES,
        lookup_patience_s: float = LOOKUP_PATIENCE_S,
    ) -> None:
        self._place = place
        self._now = now
        self._most_waiting = most_waiting
        self._patience_s = patience_s
        self._most_bytes = most_bytes
        self._lookup = Lookup(place, now, lookup_patience_s)
        self._lock = threading.Lock()
        self._parts: _Parts | None = None

    @property
    def where(self) -> str:
        """Where the database is, without its password."""
        return shown_url(open_engine(self._place).url)

    def now(self) -> str:
        """The present moment, as it is stored."""
        return self._now()

    def begin(self) -> None:
        """Start the threads of this process, which take over what dead processes left in their journals."""
        self._started()

    def keep_cards(
        self, cards: tuple[ShownCard, ...], shadow: tuple[ShadowFinding, ...] = (), memos: tuple[Memo, ...] = ()
    ) -> None:
        """Keep what one answer decided, and what is to be remembered of it.

        Never waits and never fails; cards that find no room are counted as dropped.
        """
        if cards or shadow:
            moment = self._now() if memos else ""
            self._started().writer.put(Job(Entry(cards, shadow, received_at=moment, memos=memos)))

    def recall(self, keys: Sequence[str]) -> Mapping[str, datetime]:
        """Which keys are remembered, and until when. Never fails and hardly waits: see `cds.record.lookup`."""
        return self._lookup(keys)

    def keep_feedback(self, items: tuple[FeedbackItem, ...]) -> bool:
        """Keep feedback; True once all of it is on disk, False when that was not to be had in time.

        It is in the journal then, or in the database. After False it may still get there. Sent again, it is not counted
        twice.
        """
        if not items:
            return True
        writer = self._started().writer
        if writer.stuck:
            return False
        done: Future[bool] = Future()
        if not writer.put(Job(Entry(items=items, received_at=self._now()), done)):
            return False
        try:
            return done.result(self._patience_s)
        except (WaitedTooLong, CancelledError):
            return False

    def counts(self) -> Counts:
        """What this process has kept and dropped so far."""
        parts = self._parts
        lookups, unanswered = self._lookup.counts()
        if parts is None or parts.process != os.getpid():
            return Counts(lookups=lookups, unanswered=unanswered)
        writer, drain, journal = parts.writer, parts.drain, parts.journal
        queued = writer.queued
        return Counts(
            written=writer.written + drain.written,
            dropped=writer.dropped,
            waiting=queued + journal.waiting,
            down=drain.down or writer.stuck,
            queued=queued,
            spilled=journal.spilled,
            journal_bytes=journal.size,
            journal_down=writer.is_off,
            adopted=journal.adopted,
            torn=journal.torn,
            left_out=drain.left_out,
            lookups=lookups,
            unanswered=unanswered,
        )

    def close(self) -> None:
        """Write what is waiting, and end. Not needed at the end of a process, which waits for it by itself."""
        with self._lock:
            if self._parts is not None and self._parts.process == os.getpid():
                self._parts.writer.close()
                self._parts.drain.close()
                self._parts.database.close()
        self._lookup.close()

    def _started(self) -> _Parts:
        parts = self._parts
        if parts is None or parts.process != os.getpid():
            with self._lock:
                parts = self._parts
                if parts is None or parts.process != os.getpid():
                    if parts is not None:
                        parts.journal.abandon()
                    self._parts = parts = self._start()
        return parts

    def _start(self) -> _Parts:
        journal = Journal(self._place.journal, self._now, self._most_bytes)
        database = _Database(self._place)
        writer = Writer(journal, database.write, self._most_waiting)
        return _Parts(os.getpid(), journal, writer, Drain(journal, database.write, writer.is_alive), database)


def open_recorder(place: Place) -> Recorder:
    """Prepare the database, and keep records in it. One that is away is prepared when it is back: cards come meanwhile.

    Raises:
        StartError: when it will never do, as it stands.
    """
    try:
        make_folder(place.journal)
    except OSError as error:
        raise StartError(f"{place.journal} cannot be made: {error.strerror}. Choose another folder") from None
    try:
        prepare(place)
    except AwayError as error:
        LOG.warning("%s. Until it can be, records are kept in %s", error, place.journal)
    return Recorder(place)


def write_left(place: Place) -> int:
    """Write what ended processes left in their journals, as far as that can be done now; how many entries that were."""
    database = _Database(place)
    journal = Journal(place.journal, utc_now)
    Drain(journal, database.write, lambda: False).close()
    database.close()
    return journal.adopted


class _Database:
    """Writes entries. After a failure it looks for the tables first: what comes back may be a new, empty database."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._engine: Engine = open_engine(place)
        self._is_prepared = False

    def write(self, entries: Sequence[Entry]) -> None:
        """Write entries in one transaction.

        Raises:
            UnavailableError: when that may work later.
            DataError, IntegrityError: when it will never.
        """
        try:
            if not self._is_prepared:
                prepare(self._place)
                self._is_prepared = True
            with self._engine.begin() as connection:
                write_entries(connection, entries)
        except (DataError, IntegrityError):
            raise
        except StartError as error:
            raise UnavailableError(str(error)) from error
        except (DBAPIError, PoolTimeout) as error:
            self._is_prepared = False
            raise UnavailableError(type(getattr(error, "orig", None) or error).__name__) from error

    def close(self) -> None:
        """Close the connection."""
        self._engine.dispose()
