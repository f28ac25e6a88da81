"""Connections to addresses that were judged: a name is resolved once, and what was judged is what is connected to.

TLS still checks the certificate against the name. Every connection belongs to one route, so that none that was opened
under one client's settings serves another client.
"""

from __future__ import annotations

import logging
import socket
from functools import partial
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

from cds.chart.destination import may_connect, may_connect_to_proxy
from cds.chart.flight import flights_of_this_thread
from cds.chart.resolve import Resolved, Resolver

_RESOLVER = Resolver()

# Its warnings, such as the one of headers that cannot be parsed, show URLs, and URLs hold patients' ids.
logging.getLogger("urllib3").propagate = False
logging.getLogger("urllib3").addHandler(logging.NullHandler())


class RefusedAddressError(OSError):
    """The server's name leads to an address that this client's settings do not allow."""


class _Judged(HTTPConnection):
    def __init__(self, *args: Any, private: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._private = private

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:  # kept from an earlier exchange, or connected a moment ago
            flights_of_this_thread().took(self.sock.fileno())
        super().request(*args, **kwargs)

    def _new_conn(self) -> socket.socket:
        """Connect to the first address of the name that answers, if every one of them may be connected to."""
        flights = flights_of_this_thread()
        found = _RESOLVER.resolve(self._dns_host, self.port, flights.left())
        if not found or not all(self._may_connect(each.address) for each in found):
            flights.refused = True
            raise RefusedAddressError("the FHIR server has an address that is not allowed")
        trouble: OSError | None = None
        for number, each in enumerate(found):
            try:
                return self._connected(each, len(found) - number)
            except OSError as error:
                trouble = error
        raise NewConnectionError(self, f"no address of the server can be connected to: {trouble}")

    def _may_connect(self, address: str) -> bool:
        if self.proxy is not None:
            return may_connect_to_proxy(address)
        return may_connect(self._dns_host, address, self._private)

    def _connected(self, to: Resolved, untried: int) -> socket.socket:
        """A connected socket; an address that does not answer leaves time for those that are untried yet."""
        flights = flights_of_this_thread()
        sock = socket.socket(to.family, socket.SOCK_STREAM)
        try:
            for option in self.socket_options or ():
                sock.setsockopt(*option)
            flights.took(sock.fileno())
            sock.settimeout(flights.left() / untried)
            sock.connect(to.where)
            sock.settimeout(flights.left())
        except BaseException:
            sock.close()
            raise
        return sock


class _Connection(_Judged):
    pass


class _TlsConnection(_Judged, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    def __init__(self, *args: Any, private: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ConnectionCls = partial(_Connection, private=private)  # type: ignore[assignment]  # called, no more


class _TlsPool(HTTPSConnectionPool):
    def __init__(self, *args: Any, private: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ConnectionCls = partial(_TlsConnection, private=private)  # type: ignore[assignment]  # called, no more


def pool_classes(private: bool) -> dict[str, Any]:
    """What makes pools of connections, by scheme.

    Args:
        private: whether servers may have addresses of private networks.
    """
    return {"http": partial(_Pool, private=private), "https": partial(_TlsPool, private=private)}
