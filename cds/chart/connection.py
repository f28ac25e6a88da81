"""Connections that can be cut when their time is up, and that refuse private addresses where they are told to.

A socket's timeout holds for one read, so a server that sends a byte now and then would hold a thread for as long as it
likes, in the headers too. Whoever waits for the answer cuts the socket instead.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import HTTPResponse

from cds.clock import Monotonic

_EARLY_S = 0.005  # a wait may wake a moment before its time


class Flights:
    """The exchanges of one reader that are under way, each with its socket and its deadline."""

    def __init__(self, private_address: bool, clock: Monotonic) -> None:
        self.private_address = private_address
        self.refused = False
        self._clock = clock
        self._lock = threading.Lock()
        self._under_way: dict[int, tuple[float, socket.socket | None]] = {}

    @contextmanager
    def flight(self, deadline: float) -> Iterator[None]:
        """While this lasts, the connections that this thread uses belong to this exchange."""
        thread = threading.get_ident()
        with self._lock:
            self._under_way[thread] = (deadline, None)
        _THREAD.flights = self
        try:
            yield
        finally:
            _THREAD.flights = None
            with self._lock:
                del self._under_way[thread]

    def took(self, sock: socket.socket) -> None:
        """This thread's exchange waits on this socket."""
        thread = threading.get_ident()
        with self._lock:
            deadline, _ = self._under_way[thread]
            self._under_way[thread] = (deadline, sock)
        self.cut()

    def cut(self) -> None:
        """Shut down the sockets of all exchanges whose deadline has passed; the waiting threads see an error."""
        now = self._clock() + _EARLY_S
        with self._lock:
            overdue = [sock for deadline, sock in self._under_way.values() if sock and deadline <= now]
        for sock in overdue:
            # The plain socket's shutdown: that of an SSLSocket would take the TLS state from under the reading thread.
            with suppress(OSError):  # closed already, which is what is wanted
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _Thread(threading.local):
    flights: Flights | None = None


_THREAD = _Thread()


class PrivateAddressError(OSError):
    """The server's name leads to a private address, which this client's settings do not allow."""


class _Guarded(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        self._guard()

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._guard()
        super().request(*args, **kwargs)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as in urllib3 itself
        flights = _THREAD.flights
        if flights is not None and self.sock is not None:
            flights.took(self.sock)
        return super().getresponse()

    def _guard(self) -> None:
        """Look at the address really connected to: a name checked before may lead elsewhere by now."""
        flights = _THREAD.flights
        if flights is None or flights.private_address or self.sock is None:
            return
        peer = self.sock.getpeername()[0]
        if not ip_address(peer.partition("%")[0]).is_global:
            flights.refused = True
            self.close()
            raise PrivateAddressError("the FHIR server has a private address")


class _Connection(_Guarded):
    pass


class _TlsConnection(_Guarded, HTTPSConnection):
    pass


class Pool(HTTPConnectionPool):
    """Plain connections that can be cut."""

    ConnectionCls = _Connection


class TlsPool(HTTPSConnectionPool):
    """TLS connections that can be cut."""

    ConnectionCls = _TlsConnection
