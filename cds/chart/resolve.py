"""Names to addresses, once for each connection, and never longer than the one who asks can wait.

The system's resolver cannot be interrupted. It runs in a few threads of its own: whoever waits goes at the deadline, a
name that is looked up already is not looked up a second time meanwhile, and so one dead name holds one thread.
"""

from __future__ import annotations

import socket
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from urllib3.util.connection import allowed_gai_family

_THREADS = 8


@dataclass(frozen=True, slots=True)
class Resolved:
    """One address of a name, ready to connect to.

    Attributes:
        where: as the family of sockets wants it; its first member is the numeric address.
    """

    family: int
    where: tuple[Any, ...]

    @property
    def address(self) -> str:
        """The numeric address."""
        return str(self.where[0])


class Resolver:
    """Looks names up in threads of its own. Safe to share by threads."""

    def __init__(self, threads: int = _THREADS) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="names")
        self._lock = threading.Lock()
        self._under_way: dict[tuple[str, int], Future[list[Resolved]]] = {}

    def resolve(self, host: str, port: int, seconds: float) -> list[Resolved]:
        """Every address of a host; a numeric host is its own.

        Args:
            host: a name, or a numeric address without brackets.
            port: for the result.
            seconds: how long to wait.

        Raises:
            TimeoutError: it took longer.
            OSError: there is no such name, or it cannot be looked up.
        """
        try:
            version = ip_address(host).version
        except ValueError:
            return self._shared(host, port).result(seconds)
        if version == 6:
            return [Resolved(socket.AF_INET6, (host, port, 0, 0))]
        return [Resolved(socket.AF_INET, (host, port))]

    def _shared(self, host: str, port: int) -> Future[list[Resolved]]:
        key = (host, port)
        with self._lock:
            found = self._under_way.get(key)
            if found is not None:
                return found
            found = self._under_way[key] = self._threads.submit(_look_up, host, port)
        found.add_done_callback(lambda _: self._forget(key))
        return found

    def _forget(self, key: tuple[str, int]) -> None:
        with self._lock:
            self._under_way.pop(key, None)


def _look_up(host: str, port: int) -> list[Resolved]:
    try:
        found = socket.getaddrinfo(host, port, allowed_gai_family(), socket.SOCK_STREAM)
    except UnicodeError as error:  # a label that is empty or too long
        raise OSError("not a host name") from error
    return list(dict.fromkeys(Resolved(family, where) for family, _, _, _, where in found))
