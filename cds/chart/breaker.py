"""A broken FHIR server is left alone for a while, so that it does not cost every call its whole budget."""

from __future__ import annotations

import threading
from collections import OrderedDict

STRIKES = 3
REST_S = 10.0
_MOST_SERVERS = 256


class Breaker:
    """Counts, by base URL, the calls in a row that could not connect or ran out of time. Safe to share by threads."""

    def __init__(self, strikes: int = STRIKES, rest_s: float = REST_S) -> None:
        self._strikes = strikes
        self._rest_s = rest_s
        self._lock = threading.Lock()
        self._failed: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def is_open(self, base: str, now: float) -> bool:
        """Whether the server is to be left alone at this moment."""
        with self._lock:
            count, since = self._failed.get(base, (0, 0.0))
        return count >= self._strikes and now < since + self._rest_s

    def failed(self, base: str, now: float) -> None:
        """A call could not connect or ran out of time. After the rest, one more failure is enough to rest again."""
        with self._lock:
            count, _ = self._failed.pop(base, (0, 0.0))
            self._failed[base] = (count + 1, now)
            while len(self._failed) > _MOST_SERVERS:
                self._failed.popitem(last=False)

    def answered(self, base: str) -> None:
        """The server answered, whatever it said."""
        with self._lock:
            self._failed.pop(base, None)
