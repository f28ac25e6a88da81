"""Exchanges under way, each with its socket and its deadline, so that whoever waits in vain can cut them.

A socket's timeout holds for one read, so a server that sends a byte now and then would hold a thread for as long as it
likes: in the body, in the headers, and in the handshake before them. Whoever waits for the answer cuts the socket.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from cds.clock import Monotonic

EARLY_S = 0.005
"""A wait may wake a moment before its time."""


class _Flight:
    """One exchange: its deadline, and a second handle of the socket on which it waits.

    The handle is our own, for TLS takes the first one over, and shutting down an SSLSocket would take its state from
    under the reading thread.
    """

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self._handle: socket.socket | None = None

    def watch(self, descriptor: int) -> None:
        self.let_go()
        self._handle = socket.socket(fileno=os.dup(descriptor))

    def shut_down(self) -> None:
        if self._handle is not None:
            with suppress(OSError):  # not connected, or closed by the other side, which is what is wanted
                self._handle.shutdown(socket.SHUT_RDWR)

    def let_go(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None


class Flights:
    """The exchanges of one reader that are under way.

    Attributes:
        refused: whether an address was refused.
    """

    def __init__(self, clock: Monotonic) -> None:
        self.refused = False
        self._clock = clock
        self._lock = threading.Lock()
        self._under_way: dict[int, _Flight] = {}

    @contextmanager
    def flight(self, deadline: float) -> Iterator[None]:
        """While this lasts, the connections that this thread uses belong to this exchange."""
        thread = threading.get_ident()
        with self._lock:
            self._under_way[thread] = _Flight(deadline)
        _THREAD.flights = self
        try:
            yield
        finally:
            _THREAD.flights = None
            with self._lock:
                self._under_way.pop(thread).let_go()

    def left(self) -> float:
        """Seconds until the deadline of this thread's exchange.

        Raises:
            TimeoutError: it has passed.
        """
        with self._lock:
            deadline = self._under_way[threading.get_ident()].deadline
        left = deadline - self._clock() - EARLY_S
        if left <= 0:
            raise TimeoutError
        return left

    def took(self, descriptor: int) -> None:
        """This thread's exchange waits on the socket of this descriptor.

        Raises:
            TimeoutError: the deadline has passed, and nobody would cut it any more.
        """
        with self._lock:
            self._under_way[threading.get_ident()].watch(descriptor)
        self.left()

    def cut(self) -> None:
        """Shut down the sockets of all exchanges whose deadline has passed; the waiting threads see an error."""
        now = self._clock() + EARLY_S
        with self._lock:  # nothing in here waits, and no handle is closed meanwhile
            for each in self._under_way.values():
                if each.deadline <= now:
                    each.shut_down()


class _Thread(threading.local):
    flights: Flights | None = None


_THREAD = _Thread()


def flights_of_this_thread() -> Flights:
    """The flights to which this thread's exchange belongs.

    Raises:
        RuntimeError: there is none; nothing may be sent then.
    """
    if _THREAD.flights is None:
        raise RuntimeError("a FHIR server is asked outside of an exchange")
    return _THREAD.flights
