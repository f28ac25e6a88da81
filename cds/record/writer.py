"""One thread that writes for a whole process: rows are gathered for a moment, and go to disk in one commit.

Two processes that commit one row after the other to one SQLite file starve each other; in batches both keep pace.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field

from cds.clock import Monotonic, monotonic
from cds.errors import CdsError
from cds.record.feedback import FeedbackItem
from cds.record.shown import ShownCard

GATHER_S = 0.03
ENOUGH_ROWS = 100
RETRY_S = 0.5
_LOOK_S = 0.2
_LOG = logging.getLogger("isotretinoin-cds.record")


class UnavailableError(CdsError):
    """The database cannot be written now; later it may. Raised and caught within this package."""


@dataclass(frozen=True, eq=False, slots=True)
class Job:
    """What is written together. Feedback has somebody waiting for ``done``, which tells whether it is on disk."""

    cards: tuple[ShownCard, ...] = ()
    items: tuple[FeedbackItem, ...] = ()
    received_at: str = ""
    done: Future[bool] | None = field(default=None)

    @property
    def rows(self) -> int:
        """How many rows it takes, about."""
        return sum(card.rows for card in self.cards) + len(self.items)

    def tell(self, *, written: bool) -> None:
        """Tell whoever waits."""
        if self.done is not None:
            with suppress(InvalidStateError):  # told before
                self.done.set_result(written)


Write = Callable[[Sequence[Job]], None]
"""Writes jobs in one transaction. Raises `UnavailableError` when that may work later, and something else when not."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a process has done so far.

    Attributes:
        written: cards on disk; dropped: cards that were shown and will not be on record.
        waiting: answers that are not on disk yet.
        down: the last attempt to write failed.
    """

    written: int = 0
    dropped: int = 0
    waiting: int = 0
    down: bool = False


class Writer:
    """The thread and its bounded queue.

    It is no daemon: when the main thread has ended, however a server ends it, what is waiting is still written.
    """

    def __init__(self, write: Write, most_waiting: int, clock: Monotonic = monotonic) -> None:
        self._write = write
        self._clock = clock
        self._queue: queue.Queue[Job | None] = queue.Queue(most_waiting)
        self._lock = threading.Lock()
        self._written = 0
        self._dropped = 0
        self._down = False
        self._kept: list[Job] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="record", daemon=False)
        self._thread.start()

    def put(self, job: Job) -> bool:
        """Take a job without waiting. Cards that find no room are counted; for feedback, the caller must say so."""
        if not self._closing.is_set():
            try:
                self._queue.put_nowait(job)
            except queue.Full:
                pass
            else:
                return True
        self._drop(job)
        return False

    def counts(self) -> Counts:
        """What was done so far."""
        with self._lock:
            return Counts(self._written, self._dropped, self._queue.qsize() + len(self._kept), self._down)

    def close(self, timeout: float | None = None) -> None:
        """Write what is waiting, and end."""
        self._closing.set()
        if self._thread.is_alive():
            with suppress(queue.Full):  # where it is full the thread is awake
                self._queue.put_nowait(None)
        self._thread.join(timeout)

    def _drop(self, job: Job) -> None:
        with self._lock:
            self._dropped += len(job.cards)

    def _run(self) -> None:
        while True:
            last = self._gather()
            if self._kept or (self._down and not last):
                again = self._attempt(self._kept)
                if again and (last or self._ending()):
                    self._give_up(again)
                    again = []
                with self._lock:
                    self._kept = again
            if last:
                return
            if self._down:
                self._closing.wait(RETRY_S)

    def _gather(self) -> bool:
        """Take jobs until there are enough or the moment is over. True when nothing more will come."""
        until = self._clock() + GATHER_S
        while sum(job.rows for job in self._kept) < ENOUGH_ROWS:
            waiting = bool(self._kept) or self._down
            ending = self._ending()
            left = 0.0 if ending else until - self._clock() if waiting else _LOOK_S
            try:
                job = self._queue.get(timeout=left) if left > 0 else self._queue.get_nowait()
            except queue.Empty:
                if waiting or ending:
                    return ending
                continue
            if job is not None:
                if not waiting:
                    until = self._clock() + GATHER_S
                self._kept.append(job)
        return False

    def _ending(self) -> bool:
        return self._closing.is_set() or not threading.main_thread().is_alive()

    def _attempt(self, jobs: Sequence[Job]) -> list[Job]:
        """Write jobs, and return those that must be tried again. No jobs at all are a trial whether it works again."""
        try:
            self._write(jobs)
        except UnavailableError as error:
            if not self._down:
                _LOG.error("records cannot be written: %s", error)
            self._down = True
            # Whoever sent feedback is told, and sends it again; cards have nobody, and stay here.
            for job in jobs:
                job.tell(written=False)
            return [job for job in jobs if job.done is None]
        except Exception as error:  # noqa: BLE001 - one bad row must not stop the writing of all others
            if len(jobs) > 1:
                return [again for job in jobs for again in self._attempt([job])]
            _LOG.error("a record was left out: %s", type(error).__name__)
            for job in jobs:
                self._drop(job)
                job.tell(written=False)
            return []
        if self._down:
            _LOG.warning("records can be written again")
        self._down = False
        with self._lock:
            self._written += sum(len(job.cards) for job in jobs)
        for job in jobs:
            job.tell(written=True)
        return []

    def _give_up(self, jobs: Sequence[Job]) -> None:
        left = list(jobs)
        while True:
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                break
            if job is not None:
                left.append(job)
        for job in left:
            self._drop(job)
            job.tell(written=False)
        _LOG.error("ended with %d cards not on record", sum(len(job.cards) for job in left))
