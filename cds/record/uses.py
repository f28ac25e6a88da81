"""Which tokens were used, as all processes know it, and the next start too (checklist S-17)."""

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

from sqlalchemy import Engine

from cds.clock import Monotonic, UnixNow, monotonic, unix_now
from cds.record.database import shown_url
from cds.record.place import Place
from cds.record.uses_database import open_database, place_of_uses, prepare_uses, prune_uses, write_uses

PATIENCE_S = 0.25
"""How long a call waits for an answer before its process decides alone."""
MOST_WAITING = 10_000
_AT_ONCE = 100
_RETRY_S = 0.5
_PRUNE_S = 60.0
_LOG = logging.getLogger("isotretinoin-cds.record")


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
        clock: a clock that only goes forward, in seconds.
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
        self._pruned_at = float("-inf")

    @property
    def where(self) -> str:
        """Where it is, without a password."""
        return shown_url(open_database(self._place).url)

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
                self._thread.join(10)
                self._thread = None

    def _start(self) -> None:
        if self._thread is None or self._process != os.getpid():
            with self._lock:
                if self._thread is None or self._process != os.getpid():
                    self._process = os.getpid()
                    self._thread = threading.Thread(target=self._run, name="uses", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        engine = open_database(self._place)
        waiting: list[_Use] = []
        try:
            last = False
            while not last:
                last = self._gather(waiting)
                if waiting and self._write(engine, waiting):
                    waiting.clear()
        finally:
            engine.dispose()

    def _gather(self, waiting: list[_Use]) -> bool:
        """Wait for a use, and take those that wait behind it. True when no more will come."""
        if len(waiting) >= _AT_ONCE:  # none of them could be written: no more is taken meanwhile
            threading.Event().wait(_RETRY_S)
            return False
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
        ordered = sorted(uses, key=lambda each: each.digest)
        now = int(self._now())
        try:
            found = write_uses(engine, ((each.digest, each.until) for each in ordered), now)
            for use, first in zip(ordered, found, strict=True):
                use.tell(first)
            if self._clock() - self._pruned_at > _PRUNE_S:
                self._pruned_at = self._clock()
                prune_uses(engine, now)
        except Exception as error:  # noqa: BLE001 - whatever it is, the thread must go on, or nothing is shared again
            self._is_down(type(error).__name__)
            for use in uses:
                use.tell(None)
            return False
        if self._down:
            _LOG.warning("used tokens are shared by all processes again")
            self._down = False
        return True

    def _is_down(self, why: str) -> None:
        if not self._down:
            _LOG.error("used tokens cannot be shared, each process knows its own alone: %s", why)
        self._down = True


def open_uses(records: Place) -> SharedUses:
    """Prepare the memory that belongs to a place of records.

    Raises:
        StartError: when it cannot be opened or written.
    """
    place = place_of_uses(records)
    prepare_uses(place)
    return SharedUses(place)
