"""A client whose own cost is small: prepared bytes over kept connections, answers read by their told length."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from time import perf_counter

_PROCESSES, _CONNECTIONS = 2, 4
_HEAD_END = b"\r\n\r\n"
_PATIENCE_S = 10.0


@dataclass(frozen=True)
class Target:
    """Where to send what."""

    port: int
    path: str
    body: bytes

    def message(self) -> bytes:
        """The whole request."""
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\n\r\n"
        )
        return head.encode() + self.body


class Connection:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, message: bytes) -> bytes:
        """The body of the answer, which must be a 200."""
        self._socket.sendall(message)
        received = b""
        while _HEAD_END not in received:
            received += self._more()
        head, _, body = received.partition(_HEAD_END)
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"not answered: {head.splitlines()[0]!r} {body[:300]!r}")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        while len(body) < length:
            body += self._more()
        return body

    def _more(self) -> bytes:
        part = self._socket.recv(1 << 18)
        if not part:
            raise ConnectionError("the server closed the connection")
        return part


def times(target: Target, number: int, warm_up: int = 0) -> list[float]:
    """Milliseconds of so many requests, one after the other on one connection."""
    message = target.message()
    found = []
    with Connection(target.port) as connection:
        for _ in range(warm_up):
            connection.send(message)
        for _ in range(number):
            begun = perf_counter()
            connection.send(message)
            found.append((perf_counter() - begun) * 1000)
    return found


def per_second(target: Target, seconds: float) -> float:
    """Requests per second over several connections, from several processes so that the client is no bottleneck."""
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as pool:
        list(pool.map(_answered, [target] * _PROCESSES, [0.1] * _PROCESSES))  # processes are started, and warm
        return sum(pool.map(_answered, [target] * _PROCESSES, [seconds] * _PROCESSES))


def _answered(target: Target, seconds: float) -> float:
    counts = [0] * _CONNECTIONS
    end = perf_counter() + seconds

    def keep_asking(index: int) -> None:
        message = target.message()
        with Connection(target.port) as connection:
            while perf_counter() < end:
                connection.send(message)
                counts[index] += 1

    begun = perf_counter()
    threads = [threading.Thread(target=keep_asking, args=(index,)) for index in range(_CONNECTIONS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return sum(counts) / (perf_counter() - begun)
