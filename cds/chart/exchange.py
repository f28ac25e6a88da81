"""Requests to one FHIR server, for one call: what is sent and read, within the deadline and the call's bounds."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import requests
from urllib3.exceptions import HTTPError

from cds.chart.breaker import Breaker, Server
from cds.chart.flight import EARLY_S, Flights
from cds.chart.route import Route
from cds.chart.session import session
from cds.clock import Monotonic
from cds.values.known import Reason

MOST_BYTES = 4 * 1024 * 1024
"""Of one answer."""
MOST_BYTES_OF_CALL = 32 * 1024 * 1024
_CHUNK = 65536

Answer = tuple[int, bytes] | Reason
"""Status and body, or why there is none."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it is sent. It holds the token, and so it is never shown."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


class Exchange:
    """Sends the requests of one call. Safe to share by threads.

    Args:
        route: how the server is reached.
        base: the server's base.
        clock: a clock that only goes forward, in seconds.
        breaker: which servers to leave alone for a while.
    """

    def __init__(self, route: Route, base: str, clock: Monotonic, breaker: Breaker) -> None:
        self._session = session(route)
        self._server = Server(route.client, base)
        self._clock = clock
        self._breaker = breaker
        self._flights = Flights(clock)
        self._lock = threading.Lock()
        self._admitted: bool | None = None
        self._struck = False
        self._bytes_left = MOST_BYTES_OF_CALL

    def admitted(self) -> bool:
        """Whether this call may ask the server: decided once, since one call may be all that tries after a rest."""
        with self._lock:
            if self._admitted is None:
                self._admitted = self._breaker.admits(self._server, self._clock())
            return self._admitted

    def cut(self) -> None:
        """Stop every exchange whose deadline has passed; for whoever waited for it in vain."""
        self._flights.cut()

    def send(self, request: Request, deadline: float) -> Answer:
        """Status and body; an idle connection that the server closed meanwhile is replaced once."""
        answer: Answer
        for last_try in (False, True):
            try:
                with self._flights.flight(deadline):
                    answer = self._sent(request, deadline)
                self._breaker.answered(self._server)
                return answer
            except (requests.RequestException, HTTPError, OSError, ValueError) as trouble:
                if self._flights.refused:
                    return Reason.NOT_PERMITTED
                late = self._clock() + EARLY_S >= deadline
                answer = Reason.TIMED_OUT if late else Reason.FETCH_FAILED
                if answer is Reason.FETCH_FAILED and _was_dropped(trouble) and not last_try:
                    continue
            break
        self._strike()
        return answer

    def _sent(self, request: Request, deadline: float) -> Answer:
        left = self._flights.left()
        prepared = requests.Request(request.method, request.url, request.headers, data=request.body).prepare()
        with self._session.send(prepared, stream=True, timeout=(left, left), allow_redirects=False) as response:
            if response.status_code != 200:
                return response.status_code, b""
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                return Reason.FETCH_FAILED  # the server ignored that only plain content was accepted
            return self._body(response, deadline)

    def _body(self, response: requests.Response, deadline: float) -> Answer:
        """The body, read as it comes: ``iter_content`` would wait for a full chunk, past the deadline."""
        parts: list[bytes] = []
        size = 0
        while part := response.raw.read1(_CHUNK):
            size += len(part)
            if size > MOST_BYTES or not self._takes(len(part)):
                return Reason.FETCH_FAILED
            if self._clock() >= deadline:
                raise TimeoutError
            parts.append(part)
        return response.status_code, b"".join(parts)

    def _takes(self, size: int) -> bool:
        """Whether so many more bytes are within what one call reads in all."""
        with self._lock:
            self._bytes_left -= size
            return self._bytes_left >= 0

    def _strike(self) -> None:
        """Tell the breaker; the searches of one call that fail side by side count as one failure."""
        with self._lock:
            first, self._struck = not self._struck, True
        if first:
            self._breaker.failed(self._server, self._clock())


def _was_dropped(trouble: Exception) -> bool:
    """Whether the server closed a kept connection before it answered, which says nothing about the request."""
    text = repr(trouble)
    return "RemoteDisconnected" in text or "ConnectionReset" in text or "BrokenPipe" in text
