"""Looks up what is remembered while a prescriber waits: in a thread of its own, so that no store can hold a call up."""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as WaitedTooLong
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine

from cds.record.database import open_engine
from cds.record.memory import read_memory
from cds.record.moments import UtcNow, utc_now
from cds.record.place import Place

# A lookup takes well under a millisecond. One that takes longer than this finds nothing, and the finding is shown.
PATIENCE_S = 0.05
_MOST_WAITING = 256
_LOG = logging.getLogger("isotretinoin-cds.record")


@dataclass(frozen=True, eq=False, slots=True)
class _Question:
    keys: tuple[str, ...]
    answer: Future[Mapping[str, datetime]] = field(default_factory=Future)


class Lookup:
    """Asks the database which keys are remembered.

    Its thread and its connection begin with the first question, so it may be made before a server forks.

    Args:
        place: a database that is prepared.
        now: the present moment.
        patience_s: how long one question may take.
    """

    def __init__(self, place: Place, now: UtcNow = utc_now, patience_s: float = PATIENCE_S) -> None:
        self._place = place
        self._now = now
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._process = 0
        self._queue: queue.Queue[_Question | None] = queue.Queue(_MOST_WAITING)
        self._hangs = False
        self._down = False
        self._asked = 0
        self._unanswered = 0

    def __call__(self, keys: Sequence[str]) -> Mapping[str, datetime]:
        """Which of the keys are remembered, and until when. Nothing, where the database does not answer in time.

        While it hangs on one question nobody else waits for it.
        """
        question = _Question(tuple(keys))
        try:
            found = self._answer(question)
        except Exception as error:  # noqa: BLE001 - whatever ails the store, the finding is shown
            self._count(type(error).__name__)
            return {}
        self._count()
        return found

    def counts(self) -> tuple[int, int]:
        """How many lookups this process made so far, and how many of them were not answered, or not in time."""
        with self._lock:
            return (self._asked, self._unanswered) if self._process == os.getpid() else (0, 0)

    def close(self) -> None:
        """End the thread. Not needed at the end of a process, which does not wait for it."""
        if self._process == os.getpid():
            self._queue.put(None)

    def _answer(self, question: _Question) -> Mapping[str, datetime]:
        self._start()
        if self._hangs:
            raise WaitedTooLong
        self._queue.put_nowait(question)
        try:
            return question.answer.result(self._patience_s)
        except WaitedTooLong:
            with self._lock:  # else it might be answered between the look and the mark, and nobody would ask again
                if question.answer.running():
                    self._hangs = True
                question.answer.cancel()
            raise

    def _count(self, failed: str = "") -> None:
        with self._lock:
            changed, self._down = bool(failed) != self._down, bool(failed)
            self._asked += 1
            self._unanswered += bool(failed)
        if changed and failed:
            _LOG.error("what is remembered cannot be looked up, and is shown: %s", failed)
        elif changed:
            _LOG.warning("what is remembered can be looked up again")

    def _start(self) -> None:
        if self._process == os.getpid():
            return
        with self._lock:
            if self._process != os.getpid():
                self._queue = queue.Queue(_MOST_WAITING)
                self._hangs = self._down = False
                self._asked = self._unanswered = 0
                engine = open_engine(self._place)
                threading.Thread(target=self._run, args=(self._queue, engine), name="lookup", daemon=True).start()
                self._process = os.getpid()

    def _run(self, asked: queue.Queue[_Question | None], engine: Engine) -> None:
        reading = engine.execution_options(only_reads=True)
        while (question := asked.get()) is not None:
            if question.answer.set_running_or_notify_cancel():
                self._look(question, reading)
        engine.dispose()

    def _look(self, question: _Question, reading: Engine) -> None:
        try:
            with reading.begin() as connection:
                found = read_memory(connection, question.keys, self._now())
        except Exception as error:  # noqa: BLE001 - told to whoever asked
            with self._lock:
                self._hangs = False
                question.answer.set_exception(error)
            return
        with self._lock:
            self._hangs = False
            question.answer.set_result({key: datetime.fromisoformat(until) for key, until in found.items()})
