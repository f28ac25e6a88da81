"""Names and addresses of a network that a test does not have; everything behind them is real."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

_CONNECT = socket.socket.connect
_LOOK_UP = socket.getaddrinfo


class Network:
    """Answers of name servers, one after the other, and what listens where.

    Attributes:
        asked: the names that were looked up.
        connected: the addresses to which a connection was tried.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.connected: list[str] = []
        self.answers: dict[str, list[list[str]]] = {}
        self.listens: dict[str, int] = {}
        self.stuck: dict[str, threading.Event] = {}
        monkeypatch.setattr(socket, "getaddrinfo", self._look_up)
        monkeypatch.setattr(socket.socket, "connect", self._connecting())

    def name(self, name: str, *answers: list[str]) -> None:
        """What a name leads to: the first answer first, the last one from then on."""
        self.answers[name] = list(answers)

    def _look_up(self, host: str, port: int, *others: Any, **more: Any) -> list[Any]:
        if host == "127.0.0.1":  # of the servers of the test itself: what is tested looks up names alone
            return _LOOK_UP(host, port, *others, **more)
        self.asked.append(host)
        if host in self.stuck:
            self.stuck[host].wait(30)
        if host == "localhost":
            found = ["127.0.0.1"]
        elif host not in self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        else:
            several = self.answers[host]
            found = several.pop(0) if len(several) > 1 else several[0]
        return [_info(each, port) for each in found]

    def _connecting(self) -> Callable[[socket.socket, Any], None]:
        def connect(sock: socket.socket, where: Any) -> None:
            self.connected.append(where[0])
            if where[0] in self.listens:
                _CONNECT(sock, ("127.0.0.1", self.listens[where[0]]))
            elif where[0] == "127.0.0.1":
                _CONNECT(sock, where)
            else:
                raise ConnectionRefusedError("nothing listens there")

        return connect


def _info(address: str, port: int) -> Any:
    if ":" in address:
        return socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0)
    return socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)
