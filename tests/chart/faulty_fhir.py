"""A server on the loopback interface that says whatever a test has it say, and a list of what may go wrong.

Real sockets, so that the client's own parsing of HTTP is tested with it.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

import orjson
from chart_samples import bundle, lab, outcome

from cds.values.known import Reason

OK = b"HTTP/1.1 200 OK\r\n"
PAGE = orjson.dumps(bundle(lab("o1")))
_OTHER = orjson.dumps(bundle({"resourceType": "Basic", "id": "1"}))


@dataclass
class Wire:
    """One connection, as the play of a fault sees it.

    Attributes:
        target: path and query of the request.
        head: the whole head of the request.
    """

    sock: socket.socket
    closing: threading.Event
    target: str = ""
    head: str = ""

    def say(self, data: bytes) -> None:
        self.sock.sendall(data)

    def drip(self, data: bytes) -> None:
        """A byte now and then, for as long as anybody listens."""
        while not self.closing.is_set():
            for byte in data:
                self.say(bytes([byte]))
                if self.closing.wait(0.02):
                    return

    def flood(self, data: bytes) -> None:
        """As fast as it goes, for as long as anybody listens."""
        while not self.closing.is_set():
            self.say(data)

    def hang(self) -> None:
        """Say nothing more until the other side goes."""
        self.sock.settimeout(0.05)
        while not self.closing.is_set():
            try:
                if not self.sock.recv(65536):
                    return
            except TimeoutError:
                continue


Play = Callable[[Wire], None]


def answer(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """A well-formed answer."""
    lines = {"Content-Type": "application/fhir+json", "Content-Length": str(len(body)), "Connection": "close"}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


class FaultyFhir:
    """The server, as a context manager.

    Attributes:
        base: the FHIR base that is asked for; on the port of this server.
        targets: path and query of each request so far.
        heads: the head of each request so far.
        left: is set when a connection has ended, by whichever side.
    """

    def __init__(self, play: Play, *, tls: ssl.SSLContext | None = None, raw: bool = False, host: str = "127.0.0.1"):
        self.targets: list[str] = []
        self.heads: list[str] = []
        self.left = threading.Event()
        self._play = play
        self._tls = tls
        self._raw = raw
        self._closing = threading.Event()
        self._listener = socket.create_server((host, 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.base = f"{'https' if tls or raw else 'http'}://{host}:{self.port}/fhir"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> FaultyFhir:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._threads:
            each.join()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            with sock:
                sock.settimeout(30)
                if self._tls is not None:
                    sock = self._tls.wrap_socket(sock, server_side=True)
                with sock:
                    self._one(Wire(sock, self._closing))
        except (OSError, ValueError):
            pass  # the client went away, or did not like our certificate
        finally:
            self.left.set()

    def _one(self, wire: Wire) -> None:
        if not self._raw:
            data = b""
            while b"\r\n\r\n" not in data:
                part = wire.sock.recv(65536)
                if not part:
                    return
                data += part
            wire.head = data.partition(b"\r\n\r\n")[0].decode("latin-1")
            wire.target = wire.head.split(" ")[1]
            self.heads.append(wire.head)
            self.targets.append(wire.target)
        self._play(wire)


def says(data: bytes) -> Play:
    """A play that says something and ends."""
    return lambda wire: wire.say(data)


def _reset(wire: Wire) -> None:
    wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _early_end(wire: Wire) -> None:
    wire.say(answer(PAGE)[:-30])


def _long_wait(wire: Wire) -> None:
    wire.say(answer(PAGE, Content_Length=str(len(PAGE) + 1000)))
    wire.hang()


def _endless_chunks(wire: Wire) -> None:
    wire.say(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    wire.flood(b"8000\r\n" + b" " * 0x8000 + b"\r\n")


def _dripping_chunks(wire: Wire) -> None:
    wire.say(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    wire.drip(b"1\r\n \r\n")


def _dripping_body(wire: Wire) -> None:
    wire.say(OK + b"Content-Length: 100000\r\n\r\n")
    wire.drip(b" ")


def _dripping_headers(wire: Wire) -> None:
    wire.say(OK)
    wire.drip(b"X-Slow: yes\r\n")


def _nested(depth: int, opened: bytes = b"[", closed: bytes = b"]") -> bytes:
    page = orjson.dumps(bundle(lab("o1", extension="DEEP")))
    return page.replace(b'"DEEP"', opened * depth + closed * depth)


@dataclass(frozen=True)
class Fault:
    """What goes wrong, and what must be said about the data that were asked for.

    Attributes:
        budget_s: what the call may take; short where only the deadline ends it.
    """

    play: Play
    reason: Reason
    budget_s: float = field(default=10.0)


def _failed(data: bytes) -> Fault:
    return Fault(says(data), Reason.FETCH_FAILED)


def _late(play: Play) -> Fault:
    return Fault(play, Reason.TIMED_OUT, 1.5)


FAULTS: dict[str, Fault] = {
    # what it answers
    **{f"status {each}": _failed(answer(PAGE, each)) for each in ("201 Created", "202 Accepted", "206 Partial")},
    **{f"status {each}": _failed(answer(PAGE, f"{each} x")) for each in (400, 404, 410, 429, 500, 502, 503, 599, 999)},
    **{f"status {each}": Fault(says(answer(PAGE, f"{each} x")), Reason.NOT_PERMITTED) for each in (401, 403)},
    **{
        f"redirect {each}": _failed(answer(b"", f"{each} x", Location="http://127.0.0.1:9/fhir/"))
        for each in (301, 302, 303, 307, 308)
    },
    "no content": _failed(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "a login page": _failed(answer(b"<!DOCTYPE html><html><form>", Content_Type="text/html")),
    "an empty body": _failed(answer(b"")),
    "half of JSON": _failed(answer(PAGE[:-10])),
    "two documents": _failed(answer(PAGE + PAGE)),
    "not UTF-8": _failed(answer(PAGE.replace(b"o1", b"o\xff\xfe"))),
    "UTF-16": _failed(answer(PAGE.decode().encode("utf-16"))),
    "NaN": _failed(answer(PAGE.replace(b'"o1"', b"NaN"))),
    "nested too deeply": _failed(answer(_nested(100_000))),
    "objects nested too deeply": _failed(answer(_nested(100_000, b'{"a":', b"}").replace(b":}", b":1}"))),
    "an outcome": _failed(answer(orjson.dumps(outcome("error")))),
    "a number": Fault(says(answer(b"17")), Reason.UNUSABLE_VALUE),
    "null": Fault(says(answer(b"null")), Reason.UNUSABLE_VALUE),
    "no type": Fault(says(answer(b'{"entry": []}')), Reason.UNUSABLE_VALUE),
    "another type": Fault(says(answer(_OTHER)), Reason.UNUSABLE_VALUE),
    # how much
    "too long": _failed(answer(b" " * (4 * 1024 * 1024) + PAGE)),
    "too many entries": _failed(answer(orjson.dumps(bundle(*[{}] * 30_000)))),
    "compressed": _failed(answer(PAGE, Content_Encoding="gzip")),
    "endless chunks": Fault(_endless_chunks, Reason.FETCH_FAILED),
    "endless headers": Fault(lambda wire: (wire.say(OK), wire.flood(b"X-More: yes\r\n"))[0], Reason.FETCH_FAILED),
    "an endless header": Fault(lambda wire: (wire.say(OK), wire.flood(b"X" * 1000))[0], Reason.FETCH_FAILED),
    # how it speaks
    "no HTTP": _failed(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "no header": _failed(b"\r\n\r\n" + PAGE),
    "two lengths": _failed(answer(PAGE, Content_Length=f"{len(PAGE)}, {len(PAGE) + 1}")),
    "a length too short": _failed(answer(PAGE, Content_Length="20")),
    "a chunk of no size": _failed(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + PAGE),
    "ends early": Fault(_early_end, Reason.FETCH_FAILED),
    "ends at once": Fault(lambda wire: None, Reason.FETCH_FAILED),
    "is reset": Fault(_reset, Reason.FETCH_FAILED),
    # how slowly
    "hangs": _late(Wire.hang),
    "drips its status": _late(lambda wire: wire.drip(b"HTTP/1.1 200 " + b"O" * 1000)),
    "drips headers": _late(_dripping_headers),
    "drips its body": _late(_dripping_body),
    "drips chunks": _late(_dripping_chunks),
    "promises for ever": _late(lambda wire: wire.flood(b"HTTP/1.1 100 Continue\r\n\r\n")),
    "a length too great": _late(_long_wait),
}
"""By what a person would call it."""

TOLERATED: dict[str, bytes] = {
    "a byte order mark": answer(b"\xef\xbb\xbf" + PAGE),
    "nested to the limit": answer(_nested(900)),
    "objects nested to the limit": answer(_nested(900, b'{"a":', b"}").replace(b":}", b":1}")),
    "lists in contained": answer(PAGE.replace(b'"status"', b'"contained":' + b"[" * 900 + b"]" * 900 + b',"status"')),
    "huge numbers": answer(PAGE.replace(b'"status"', b'"valueInteger":' + b"9" * 300 + b',"status"')),
    "a huge total": answer(PAGE.replace(b'"entry"', b'"total":1' + b"0" * 18 + b',"entry"')),
    "keys that are there twice": answer(PAGE.replace(b'"id":"o1"', b'"id":"zz","id":"o1"')),
    "headers that cannot be parsed": OK + b"Broken Header\r\n: none\r\nContent-Length: %d\r\n\r\n" % len(PAGE) + PAGE,
    "no length": OK + b"\r\n" + PAGE,
    "another content type": answer(PAGE, Content_Type="text/plain; charset=latin-1"),
    "cookies": answer(PAGE, Set_Cookie="session=1; Path=/"),
}
"""Odd answers from which the one resource can be had all the same."""
