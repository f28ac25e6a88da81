"""A small real FHIR R4 server on the loopback interface, for demonstrations and tests: charts in memory, over HTTP.

It can be told to misbehave, as real servers do: to be slow, to hang, to refuse, to page, to lose its next links.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from cds.authoring.loopback_store import Store, Undone

PATH = "/fhir"
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Accept",
}


@dataclass
class Faults:
    """How the server misbehaves; may be changed while it runs.

    Attributes:
        delay_s: seconds to wait before each answer.
        hang: never answer, until the server is closed.
        drip_s: seconds between the bytes of a body; with ``drip_headers``, of the header as well.
        status: status code to answer for requests on a resource type, such as ``{"Observation": 500}``.
        body: what to send instead of the answer's body, with status 200.
        page_size: most matches on a page, whatever ``_count`` says; 0 for no limit of its own.
        shuffled: matches come in the order of storage, ``_sort`` is ignored.
        drop_next: pages have no next links.
        next_base: base URL to put into next links instead of the server's own.
        no_post: ``POST _search`` is not supported.
    """

    delay_s: float = 0.0
    hang: bool = False
    drip_s: float = 0.0
    drip_headers: bool = False
    status: dict[str, int] = field(default_factory=dict)
    body: bytes | None = None
    page_size: int = 0
    shuffled: bool = False
    drop_next: bool = False
    next_base: str = ""
    no_post: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str = ""


class LoopbackFhir:
    """The server, as a context manager.

    Args:
        charts: Bundles as Python objects, or a folder of ``*.json`` Bundles.
        token: bearer token to require; empty for an open server.
        port: port to bind on 127.0.0.1; 0 for any free one.
        faults: how it misbehaves.
    """

    def __init__(
        self,
        charts: Iterable[Mapping[str, Any]] | Path = (),
        *,
        token: str = "",
        port: int = 0,
        faults: Faults | None = None,
    ) -> None:
        self.store = Store(read_charts(charts) if isinstance(charts, Path) else charts)
        self.token = token
        self.faults = faults or Faults()
        self.requests: list[Received] = []
        self.closing = threading.Event()
        self._server = _Server(self, port)
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}{PATH}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> LoopbackFhir:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Answer requests, in threads of their own."""
        self._thread.start()

    def close(self) -> None:
        """Stop, and let go of every request that still hangs."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def paths(self) -> list[str]:
        """The requests so far, each as its method and its path under the base."""
        return [f"{each.method} {each.path}" for each in self.requests]


def read_charts(folder: Path) -> list[Mapping[str, Any]]:
    """The Bundles of a folder, in the order of their names."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Five is usual, and a burst of searches loses a connection to it: the client tries again after a second.
    request_queue_size = 128

    def __init__(self, fhir: LoopbackFhir, port: int) -> None:
        self.fhir = fhir
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away before the answer is no error of the server."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def do_OPTIONS(self) -> None:
        self._write(204, b"")

    def do_GET(self) -> None:
        self._receive("")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self._receive(self.rfile.read(length).decode("utf-8", "replace"))

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are kept in ``LoopbackFhir.requests``, not printed."""

    def _receive(self, form: str) -> None:
        fhir = self.server.fhir
        path = self.path.removeprefix(PATH) if self.path.startswith(PATH) else ""
        fhir.requests.append(Received(self.command, path.removeprefix("/"), dict(self.headers.items()), form))
        if fhir.faults.hang:
            fhir.closing.wait()
            self.close_connection = True
            return
        fhir.closing.wait(fhir.faults.delay_s)
        status, answer = self._answer(path, form)
        body = fhir.faults.body if fhir.faults.body is not None else json.dumps(answer).encode()
        self._write(status, body)

    def _answer(self, path: str, form: str) -> tuple[int, Mapping[str, Any]]:
        fhir = self.server.fhir
        parts = urlsplit(path)
        steps = [unquote(step) for step in parts.path.strip("/").split("/")]
        if steps == ["metadata"]:
            return 200, fhir.store.capabilities()
        try:
            self._may_pass(steps[0])
            query = parse_qsl(parts.query, keep_blank_values=True) + parse_qsl(form, keep_blank_values=True)
            return 200, self._found(steps, query)
        except Undone as undone:
            return undone.status, _outcome(undone.code, str(undone))

    def _may_pass(self, kind: str) -> None:
        fhir = self.server.fhir
        if fhir.token and self.headers.get("Authorization") != f"Bearer {fhir.token}":
            raise Undone(401, "login", "a bearer token is needed")
        if kind in fhir.faults.status:
            raise Undone(fhir.faults.status[kind], "exception", "told to fail")

    def _found(self, steps: list[str], query: list[tuple[str, str]]) -> Mapping[str, Any]:
        match self.command, steps:
            case "POST", [kind, "_search"] if not self.server.fhir.faults.no_post:
                return self._search(kind, query)
            case "GET", [kind] if kind:
                return self._search(kind, query)
            case "GET", [kind, name]:
                return self.server.fhir.store.read(kind, name)
            case _:
                raise Undone(404, "not-found", "no such path")

    def _search(self, kind: str, pairs: list[tuple[str, str]]) -> Mapping[str, Any]:
        fhir = self.server.fhir
        return fhir.store.search(
            kind,
            pairs,
            base=fhir.base,
            next_base=None if fhir.faults.drop_next else fhir.faults.next_base or fhir.base,
            page_size=fhir.faults.page_size,
            sort=not fhir.faults.shuffled,
        )

    def _write(self, status: int, body: bytes) -> None:
        faults = self.server.fhir.faults
        self.send_response(status)
        headers = {"Content-Type": "application/fhir+json", "Content-Length": str(len(body)), **_CORS}
        for name, value in headers.items():
            self.send_header(name, value)
        if not faults.drip_s:
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()
            return
        if faults.drip_headers:
            self._drip(b"X-Slow: yes\r\n" * 1000, faults.drip_s)
        self.end_headers()
        self.wfile.flush()
        self._drip(body, faults.drip_s)

    def _drip(self, data: bytes, seconds: float) -> None:
        self.flush_headers()
        for byte in data:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if self.server.fhir.closing.wait(seconds):
                self.close_connection = True
                return


def _outcome(code: str, words: str) -> Mapping[str, Any]:
    issue = {"severity": "error", "code": code, "diagnostics": words}
    return {"resourceType": "OperationOutcome", "issue": [issue]}
