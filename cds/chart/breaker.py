"""A broken FHIR server is left alone for a while, so that it does not cost every call its whole budget."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

STRIKES = 3
REST_S = 10.0
_MOST_SERVERS = 256


@dataclass(frozen=True, slots=True)
class Server:
    """A FHIR server as one client reaches it; what fails for one may well work for another."""

    client: str
    base: str


class Breaker:
    """Counts, by server, the calls in a row that could not connect or ran out of time. Safe to share by threads."""

    def __init__(self, strikes: int = STRIKES, rest_s: float = REST_S) -> None:
        self._strikes = strikes
        self._rest_s = rest_s
        self._lock = threading.Lock()
        self._failed: OrderedDict[Server, tuple[int, float]] = OrderedDict()

    def admits(self, server: Server, now: float) -> bool:
        """Whether a call may ask the server at this moment. After a rest a single call tries, and the others wait.

        The rest begins anew with that call: should it never tell what came of it, the next one tries after the rest.
        """
        with self._lock:
            count, since = self._failed.get(server, (0, 0.0))
            if count < self._strikes:
                return True
            if now < since + self._rest_s:
                return False
            self._failed[server] = (count, now)
            return True

    def failed(self, server: Server, now: float) -> None:
        """A call could not connect or ran out of time. After the rest, one more failure is enough to rest again."""
        with self._lock:
            count, _ = self._failed.pop(server, (0, 0.0))
            self._failed[server] = (count + 1, now)
            while len(self._failed) > _MOST_SERVERS:
                self._failed.popitem(last=False)

    def answered(self, server: Server) -> None:
        """The server answered, whatever it said."""
        with self._lock:
            self._failed.pop(server, None)

    def open_now(self) -> tuple[Server, ...]:
        """The servers that are left alone, until a call finds out that they answer again. For metrics."""
        with self._lock:
            return tuple(server for server, (count, _) in self._failed.items() if count >= self._strikes)


BREAKER = Breaker()
"""Of the process."""
