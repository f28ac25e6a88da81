"""One thread that takes what came of calls from a bounded queue, and appends it to the journal.

No call waits for a disk. Where the journal cannot be written, the thread writes to the database itself; where that
fails too, decisions wait in memory and feedback is not acknowledged.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass

from cds.errors import CdsError
from cds.record.entry import Entry
from cds.record.journal import ENOUGH_ROWS, Journal

RETRY_S = 0.5
LOOK_S = 0.2
LOG = logging.getLogger("isotretinoin-cds.record")


class UnavailableError(CdsError):
    """The database cannot be written now; later it may. Raised and caught within this package."""


Write = Callable[[Sequence[Entry]], None]
"""Writes entries in one transaction. Raises `UnavailableError` when that may work later, something else when not."""


@dataclass(frozen=True, eq=False, slots=True)
class Job:
    """An entry on its way. Feedback has somebody waiting for ``done``, which tells whether it is durable."""

    entry: Entry
    done: Future[bool] | None = None

    def tell(self, *, durable: bool) -> None:
        """Tell whoever waits."""
        if self.done is not None:
            with suppress(InvalidStateError):  # told before
                self.done.set_result(durable)


class Writer:
    """The thread and its queue.

    It is no daemon: when the main thread has ended, however a server ends it, what is waiting still gets into the
    journal.

    Attributes:
        dropped: cards that were shown and will not be on record; written: cards that went around the journal.
        stuck: neither journal nor database took what came last.
        is_off: the journal could not be written when it was last tried.
    """

    def __init__(self, journal: Journal, write: Write, most_waiting: int) -> None:
        self.dropped = 0
        self.written = 0
        self.stuck = False
        self.is_off = False
        self._journal = journal
        self._write = write
        self._queue: queue.Queue[Job | None] = queue.Queue(most_waiting)
        self._lock = threading.Lock()
        self._kept: list[Job] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="record", daemon=False)
        self._thread.start()

    @property
    def queued(self) -> int:
        """Entries that are in memory only."""
        return self._queue.qsize() + len(self._kept)

    def is_alive(self) -> bool:
        """Whether anything may still be appended."""
        return self._thread.is_alive()

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

    def close(self) -> None:
        """Append what is waiting, and end."""
        self._closing.set()
        if self._thread.is_alive():
            with suppress(queue.Full):  # where it is full the thread is awake
                self._queue.put_nowait(None)
        self._thread.join()

    def _drop(self, job: Job) -> None:
        with self._lock:
            self.dropped += len(job.entry.cards)

    def _run(self) -> None:
        while True:
            last = self._gather()
            self._kept = self._attempt(self._kept)
            if self._kept and (last or self._ending()):
                self._give_up()
                last = True
            if last:
                return
            if self.stuck:
                self._closing.wait(RETRY_S)
                self.stuck = bool(self._kept)

    def _gather(self) -> bool:
        """Take the jobs that are there, or wait for one. True when nothing more will come."""
        while sum(job.entry.rows for job in self._kept) < ENOUGH_ROWS:
            ending = self._ending()
            try:
                job = self._queue.get_nowait() if ending or self._kept else self._queue.get(timeout=LOOK_S)
            except queue.Empty:
                if self._kept or ending:
                    return ending
                continue
            if job is not None:
                self._kept.append(job)
        return False

    def _ending(self) -> bool:
        return self._closing.is_set() or not threading.main_thread().is_alive()

    def _attempt(self, jobs: Sequence[Job]) -> list[Job]:
        """Make jobs durable, and return those that must be tried again."""
        if not jobs:
            return []
        try:
            self._journal.append([job.entry for job in jobs], sync=any(job.done is not None for job in jobs))
        except OSError as error:
            if not self.is_off:
                LOG.error("the journal in %s cannot be written: %s", self._journal.folder, error.strerror)
            self.is_off = True
            return self._directly(jobs)
        except Exception as error:  # noqa: BLE001 - one bad entry must not stop the keeping of all others
            return self._one_by_one(jobs, error, self._attempt)
        if self.is_off:
            LOG.warning("the journal can be written again")
        self.is_off = self.stuck = False
        for job in jobs:
            job.tell(durable=True)
        return []

    def _directly(self, jobs: Sequence[Job]) -> list[Job]:
        """Write to the database in place of the journal."""
        try:
            self._write([job.entry for job in jobs])
        except UnavailableError as error:
            if not self.stuck:
                LOG.error("neither journal nor database can be written: %s", error)
            self.stuck = True
            # Whoever sent feedback is told, and sends it again; decisions have nobody, and stay here.
            for job in jobs:
                job.tell(durable=False)
            return [job for job in jobs if job.done is None]
        except Exception as error:  # noqa: BLE001 - as above
            return self._one_by_one(jobs, error, self._directly)
        self.stuck = False
        self.written += sum(len(job.entry.cards) for job in jobs)
        for job in jobs:
            job.tell(durable=True)
        return []

    def _one_by_one(
        self, jobs: Sequence[Job], error: Exception, attempt: Callable[[Sequence[Job]], list[Job]]
    ) -> list[Job]:
        if len(jobs) > 1:
            return [again for job in jobs for again in attempt([job])]
        LOG.error("a record was left out: %s", type(error).__name__)
        self._lose(jobs)
        return []

    def _lose(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            self._drop(job)
            job.tell(durable=False)

    def _give_up(self) -> None:
        left = list(self._kept)
        while True:
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                break
            if job is not None:
                left.append(job)
        self._kept = []
        self._lose(left)
        LOG.error("ended with %d cards not on record", sum(len(job.entry.cards) for job in left))
