"""Which tokens were used, in one place for all processes and for the next start (checklist S-17).

Of a token there is a digest of its issuer and id, and until when it could be used again; then the row is deleted. That
is an hour at most, so a table of another shape takes another name, and nothing is migrated.

Beside records in SQLite it is a file of its own, with ``synchronous`` NORMAL: a use need not wait for the disk. The end
of a process loses nothing; a loss of power may lose the last moments, and a token of these that somebody stole could
be used once more before it expires.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as WaitedTooLong
from contextlib import suppress
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    Table,
    bindparam,
    delete,
    event,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from cds.clock import Monotonic, UnixNow, monotonic, unix_now
from cds.errors import StartError
from cds.record.database import open_engine, shown_url
from cds.record.place import Place

FILE = "replay.sqlite"
PATIENCE_S = 0.25
"""How long a call waits for an answer before its process decides alone."""
MOST_WAITING = 10_000
_AT_ONCE = 100
_RETRY_S = 0.5
_PRUNE_S = 60.0
_BUSY_MS = 200
# Any number that other programs on the same server do not use for a lock of theirs.
_LOCK = 7_346_501_173
# A server that is gone without a word must be noticed, or its return would not be either.
_POSTGRESQL = {
    "options": "-c statement_timeout=2000",
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 5000,
}
_LOG = logging.getLogger("isotretinoin-cds.record")

METADATA = MetaData()
USES = Table(
    "uses",
    METADATA,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("until", BigInteger, nullable=False, index=True),
)


@dataclass(frozen=True, eq=False, slots=True)
class _Use:
    digest: bytes
    until: int
    first: Future[bool | None] = field(default_factory=Future)

    def tell(self, first: bool | None) -> None:
        with suppress(InvalidStateError):  # told before
            self.first.set_result(first)


class SharedUses:
    """The uses that all processes know of. Safe to share by threads.

    Its thread and its connection begin with the first use, so it may be made before a server forks. One thread writes
    for the whole process, so a database that hangs holds one thread, and calls wait no longer than their patience. What
    it could not write it writes when it can again.

    Args:
        place: a place that is prepared.
        now: tells the present moment.
        patience_s: how long a call waits.
    """

    def __init__(
        self, place: Place, now: UnixNow = unix_now, patience_s: float = PATIENCE_S, clock: Monotonic = monotonic
    ) -> None:
        self._place = place
        self._now = now
        self._patience_s = patience_s
        self._clock = clock
        self._lock = threading.Lock()
        self._process = 0
        self._queue: queue.Queue[_Use | None] = queue.Queue(MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._down = False
        self._pruned_at = 0.0

    @property
    def where(self) -> str:
        """Where it is, without a password."""
        return shown_url(open_engine(self._place).url)

    def first(self, use: bytes, until: float) -> bool | None:
        """Remember a use; whether it is the first. None when that cannot be told in time.

        Args:
            use: 32 bytes that stand for it.
            until: when it may be forgotten, in seconds since 1970.
        """
        self._start()
        asked = _Use(use, ceil(until))
        try:
            self._queue.put_nowait(asked)
        except queue.Full:
            return None
        if self._down:
            return None
        try:
            return asked.first.result(self._patience_s)
        except WaitedTooLong:
            self._is_down("no answer in time")
            return None

    def close(self) -> None:
        """Write what is waiting, and end; not needed at the end of a process."""
        with self._lock:
            if self._thread is not None and self._process == os.getpid():
                self._queue.put(None)
                self._thread.join()
                self._thread = None

    def _start(self) -> None:
        if self._thread is None or self._process != os.getpid():
            with self._lock:
                if self._thread is None or self._process != os.getpid():
                    self._process = os.getpid()
                    self._queue = queue.Queue(MOST_WAITING)
                    self._thread = threading.Thread(target=self._run, name="uses", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        engine = _open(self._place)
        waiting: list[_Use] = []
        try:
            while True:
                last = self._gather(waiting)
                if self._write(engine, waiting):
                    waiting.clear()
                if last:
                    return
        finally:
            engine.dispose()

    def _gather(self, waiting: list[_Use]) -> bool:
        """Wait for a use, and take those that wait behind it. True when no more will come."""
        with suppress(queue.Empty):
            found = self._queue.get(timeout=_RETRY_S if waiting else None)
            while found is not None:
                waiting.append(found)
                if len(waiting) >= _AT_ONCE:
                    return False
                found = self._queue.get_nowait()
            return True
        return False

    def _write(self, engine: Engine, uses: Sequence[_Use]) -> bool:
        if not uses:
            return True
        try:
            found = self._firsts(engine, uses)
        except Exception as error:  # noqa: BLE001 - whatever it is, the thread must go on, or nothing is shared again
            self._is_down(type(error).__name__)
            for each in uses:
                each.tell(None)
            if len(uses) >= _AT_ONCE:
                self._pause()
            return False
        for each in uses:
            each.tell(found[each])
        if self._down:
            _LOG.warning("used tokens are shared by all processes again")
            self._down = False
        return True

    def _pause(self) -> None:
        """No more is taken while so much could not be written; an end of the process does not wait for this thread."""
        threading.Event().wait(_RETRY_S)

    def _firsts(self, engine: Engine, uses: Sequence[_Use]) -> dict[_Use, bool]:
        now = int(self._now())
        with engine.begin() as connection:
            # In one order everywhere: two processes that write the same rows must not wait for each other in a circle.
            found = {each: _insert(connection, each, now) for each in sorted(uses, key=lambda each: each.digest)}
        if self._clock() - self._pruned_at > _PRUNE_S:
            self._pruned_at = self._clock()
            with engine.begin() as connection:
                connection.execute(delete(USES).where(USES.c.until <= now))
        return found

    def _is_down(self, why: str) -> None:
        if not self._down:
            _LOG.error("used tokens cannot be shared, each process knows its own alone: %s", why)
        self._down = True


def open_uses(records: Place) -> SharedUses:
    """Prepare the memory that belongs to a place of records.

    Raises:
        StartError: when it cannot be opened or written.
    """
    place = _beside(records)
    try:
        if place.file is not None:
            place.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        engine = _open(place)
    except OSError as error:
        raise StartError(f"{_beside(records).file} cannot be made: {error.strerror}. Choose another --data") from None
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            METADATA.create_all(connection)
    except SQLAlchemyError as error:
        why = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
        raise StartError(f"{shown_url(engine.url)} cannot be used to remember used tokens: {why}") from None
    finally:
        engine.dispose()
    return SharedUses(place)


def _beside(records: Place) -> Place:
    """A file beside that of the records; with a database server, the same database."""
    if records.file is not None:
        return Place(records.file.with_name(FILE))
    url = open_engine(records).url
    if url.get_backend_name() != "sqlite":
        return records
    return Place(Path(url.database or "").with_name(FILE))


def _open(place: Place) -> Engine:
    engine = open_engine(place)
    if engine.dialect.name == "postgresql":

        @event.listens_for(engine, "do_connect")
        def connect(_: object, __: object, ___: object, parameters: dict[str, Any]) -> None:
            parameters.update(_POSTGRESQL)

    else:

        @event.listens_for(engine, "connect")
        def connected(connection: Any, _: object) -> None:
            for pragma in ("synchronous=normal", f"busy_timeout={_BUSY_MS}"):
                connection.execute(f"pragma {pragma}").close()

    return engine


def _insert(connection: Connection, use: _Use, now: int) -> bool:
    """Write a use; whether there was none. A row whose time is over counts as none."""
    values = {"digest": use.digest, "until": use.until, "now": now}
    return connection.execute(_INSERTS[connection.dialect.name], values).rowcount == 1


def _inserting(insert: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    return insert.on_conflict_do_update(
        index_elements=[USES.c.digest],
        set_={"until": insert.excluded.until},
        where=USES.c.until <= bindparam("now", type_=BigInteger),
    )


_INSERTS = {"sqlite": _inserting(sqlite.insert(USES)), "postgresql": _inserting(postgresql.insert(USES))}
