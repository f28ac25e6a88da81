"""What the browser talks to: the demonstration, a relay in front of it, and a copy of its page on another origin."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

PATIENCE_S = 60
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date", "host"}


@dataclass(frozen=True)
class Demo:
    """The running demonstration."""

    url: str
    fhir: str


@contextmanager
def demonstration(folder):
    """Start it, wait until it has said everything, and end it as Ctrl-C does."""
    port = free_port()
    log = folder / "demo.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "cds", "demo", "--port", str(port)],
            stdout=sink,
            stderr=sink,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    try:
        give_up = time.monotonic() + PATIENCE_S
        while "Ctrl-C ends" not in (said := log.read_text()):
            assert process.poll() is None, said
            assert time.monotonic() < give_up, said
            time.sleep(0.05)
        yield Demo(f"http://127.0.0.1:{port}", re.search(r"http://127\.0\.0\.1:\d+/fhir", said)[0])
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        process.wait(PATIENCE_S)
    assert "Traceback" not in log.read_text()


def free_port():
    """A port that is free, and so is the next one, where the FHIR server goes."""
    while True:
        with socket.socket() as one, socket.socket() as next_one:
            one.bind(("127.0.0.1", 0))
            try:
                next_one.bind(("127.0.0.1", one.getsockname()[1] + 1))
            except (OSError, OverflowError):
                continue
            return one.getsockname()[1]


@dataclass(frozen=True)
class Seen:
    """A request that reached the relay, its number, and what was answered."""

    method: str
    path: str
    headers: dict
    body: bytes
    status: int
    answer_headers: dict

    @property
    def json(self):
        """The body."""
        return json.loads(self.body)


@dataclass
class Ways:
    """How the relay departs from passing on: what it answers itself, headers it loses, seconds it waits."""

    canned: dict = field(default_factory=dict)
    lost: set = field(default_factory=set)
    waits: list = field(default_factory=list)


class Server:
    """A server on a free port of this computer, as a context manager."""

    def __init__(self, handler):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.owner = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Relay(Server):
    """Passes everything on to a service, and keeps what came by, in the order of the answers."""

    def __init__(self, target):
        super().__init__(_RelayHandler)
        self.target = target
        self.ways = Ways()
        self.seen = []
        self.begun = []
        self.lock = threading.Lock()

    def of(self, method, ending):
        """The requests by method and end of the path."""
        return [each for each in self.seen if each.method == method and each.path.endswith(ending)]

    def wait(self, method, ending, count):
        """The requests by method and end of the path, as soon as there are so many."""
        give_up = time.monotonic() + PATIENCE_S
        while len(found := self.of(method, ending)) < count:
            assert time.monotonic() < give_up, [(each.method, each.path) for each in self.seen]
            time.sleep(0.01)
        return found


class _RelayHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def _pass_on(self):
        relay = self.server.owner
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        sent = dict(self.headers.items())
        with relay.lock:
            wait = relay.ways.waits.pop(0) if self.command == "POST" and relay.ways.waits else 0
            if self.command == "POST":
                relay.begun.append(body)
        time.sleep(wait)
        status, headers, content = self._answer(relay, sent, body)
        headers = {name: value for name, value in headers.items() if name.lower() not in relay.ways.lost}
        with relay.lock:
            relay.seen.append(Seen(self.command, self.path, sent, body, status, headers))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _answer(self, relay, sent, body):
        for ending, (status, canned) in relay.ways.canned.items():
            if self.command == "POST" and self.path.endswith(ending):
                headers = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}
                return status, headers, json.dumps(canned).encode()
        return fetched(relay.target, self.command, self.path, body, sent)

    def do_GET(self):
        self._pass_on()

    def do_POST(self):
        self._pass_on()

    def do_OPTIONS(self):
        self._pass_on()


class Copy(Server):
    """The page's own files, fetched once, on another origin."""

    def __init__(self, source):
        super().__init__(_CopyHandler)
        self.source = source
        self.files = {}


class _CopyHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        copy = self.server.owner
        path = urlsplit(self.path).path
        is_file = path == "/demo" or path.startswith("/demo/static/")
        if is_file and path not in copy.files:
            copy.files[path] = fetched(copy.source, "GET", path)
        status, headers, content = copy.files[path] if is_file else (404, {}, b"")
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def fetched(base, method, path, body=b"", headers=None):
    """Status, headers and body of an answer; headers that belong to one connection are left out both ways."""
    connection = HTTPConnection(urlsplit(base).hostname, urlsplit(base).port, timeout=PATIENCE_S)
    try:
        connection.request(method, path, body or None, _lasting(headers or {}))
        answer = connection.getresponse()
        return answer.status, _lasting(dict(answer.getheaders())), answer.read()
    finally:
        connection.close()


def _lasting(headers):
    return {name: value for name, value in headers.items() if name.lower() not in HOP_BY_HOP}
