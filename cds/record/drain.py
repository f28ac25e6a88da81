"""One thread that writes the journal to the database: entries are gathered for a moment, and go there in one commit.

Two processes that commit one row after the other to one SQLite file starve each other; in batches both keep pace.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from cds.clock import Monotonic, monotonic
from cds.record.entry import Entry
from cds.record.journal import Journal
from cds.record.writer import LOG, LOOK_S, RETRY_S, UnavailableError, Write

GATHER_S = 0.03
ADOPT_S = 10.0
END_S = 5.0
"""How long a process that ends goes on writing; the rest is for the next one."""


class Drain:
    """The thread. It is no daemon, and ends after whoever appends to the journal has ended.

    Attributes:
        written: cards that got to the database; left_out: entries that it will never take.
        down: the last attempt to write failed.
    """

    def __init__(
        self, journal: Journal, write: Write, is_fed: Callable[[], bool], clock: Monotonic = monotonic
    ) -> None:
        self.written = 0
        self.left_out = 0
        self.down = False
        self._journal = journal
        self._write = write
        self._is_fed = is_fed
        self._clock = clock
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="record-database", daemon=False)
        self._thread.start()

    def close(self) -> None:
        """Write what is there if that can be done now, and end."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        adopt_at = self._clock()
        while True:
            ending = not self._is_fed()
            if self._clock() >= adopt_at:
                adopt_at = self._clock() + ADOPT_S
                self._adopt()
            try:
                written = self._drained(self._clock() + END_S if ending else None)
            except Exception as error:  # noqa: BLE001 - without this thread nothing gets to the database any more
                self._fail(f"{type(error).__name__}: {getattr(error, 'strerror', '')}")
                written = False
            if ending:
                break
            if written:
                self._journal.wait(LOOK_S)
                self._closing.wait(GATHER_S)
            else:
                self._closing.wait(RETRY_S if not self._closing.is_set() else GATHER_S)
        if self._journal.size:
            LOG.warning("ended with %d bytes in the journal, for the next start to write", self._journal.size)
        self._journal.close()

    def _adopt(self) -> None:
        try:
            self._journal.adopt()
        except OSError as error:
            LOG.error("what other processes left in %s cannot be read: %s", self._journal.folder, error.strerror)

    def _drained(self, until: float | None) -> bool:
        """Write all that is there; False when the database cannot be written now."""
        while (portion := self._journal.next_portion()) is not None:
            if not self._attempt(portion.entries):
                return False
            if portion.torn or portion.unreadable:
                LOG.warning("journal: %d torn lines, %d that cannot be read", portion.torn, len(portion.unreadable))
            self._journal.done(portion)
            if until is not None and self._clock() >= until:
                return True
        self._recover()
        return True

    def _attempt(self, entries: Sequence[Entry]) -> bool:
        try:
            self._write(entries)
        except UnavailableError as error:
            self._fail(str(error))
            return False
        except Exception as error:  # noqa: BLE001 - one bad row must not stop the writing of all others
            if len(entries) > 1:
                return all(self._attempt((each,)) for each in entries)
            self._journal.leave_out(entries[0])
            self.left_out += 1
            LOG.error("a record was left out: %s", type(error).__name__)
            return True
        self._recover()
        self.written += sum(len(entry.cards) for entry in entries)
        return True

    def _recover(self) -> None:
        if self.down:
            LOG.warning("records can be written again")
        self.down = False

    def _fail(self, why: str) -> None:
        if not self.down:
            LOG.error("records cannot be written: %s", why)
        self.down = True
