"""How often something may happen: a bucket that fills up evenly and is emptied at will."""

from __future__ import annotations

import threading
from math import ceil

from cds.clock import Monotonic, monotonic


class Bucket:
    """Safe to share by threads.

    Args:
        per_second: how often, on average.
        burst: how often in one go, after a while of rest.
        clock: a clock that only goes forward, in seconds.
    """

    def __init__(self, per_second: float, burst: int, clock: Monotonic = monotonic) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._clock = clock
        self._lock = threading.Lock()
        self._left = self._burst
        self._at = clock()

    def take(self) -> bool:
        """Whether it may happen now; if so, it counts."""
        with self._lock:
            now = self._clock()
            self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
            self._at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True

    def wait_s(self) -> int:
        """Whole seconds, one at least, after which it may happen again."""
        with self._lock:
            return max(1, ceil((1 - self._left) / self._per_second))
