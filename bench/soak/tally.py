"""What became of every call, kept by many threads at once."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

MOST_KEPT = 20


@dataclass
class Tally:
    """Counts of outcomes, times of answers, and the first wrong answers in words.

    Attributes:
        outcomes: by kind of call and outcome.
        wrong: what was answered and must not be.
        acknowledged: cards whose feedback was answered 200.
        kills: the moments at which a process was killed, on the monotonic clock.
    """

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    times_ms: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)
    faults: Counter[str] = field(default_factory=Counter)
    kills: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, kind: str, outcome: str, ms: float | None = None) -> None:
        """One call ended."""
        with self._lock:
            self.outcomes[kind, outcome] += 1
            if ms is not None:
                self.times_ms.append(ms)

    def is_wrong(self, kind: str, words: str) -> None:
        """One answer must not have been given, or did not come."""
        with self._lock:
            self.outcomes[kind, "WRONG"] += 1
            if len(self.wrong) < MOST_KEPT:
                self.wrong.append(f"{kind}: {words}")

    def injected(self, fault: str) -> None:
        """One fault was brought about."""
        with self._lock:
            self.faults[fault] += 1

    def killed(self, now: float) -> None:
        """A process was killed."""
        with self._lock:
            self.kills.append(now)

    def was_killed_between(self, begun: float, ended: float) -> bool:
        """Whether a kill may have cut a call of that time."""
        with self._lock:
            return any(begun - 1 <= each <= ended for each in self.kills)

    def keep(self, card: str) -> None:
        """Feedback on a card was acknowledged."""
        with self._lock:
            self.acknowledged.add(card)
