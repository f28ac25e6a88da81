"""A served process, started and ended as a person would."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from ssl import SSLContext
from urllib.parse import urlsplit

from web_samples import free_port

COMMAND = (sys.executable, "-m", "cds")
PATIENCE_S = 30


@dataclass(frozen=True)
class Served:
    """A process that serves, its base URL, and the file in which its log lands."""

    process: subprocess.Popen
    url: str
    log: Path
    tls: SSLContext | None = None

    @property
    def address(self):
        """Host and port."""
        where = urlsplit(self.url)
        return where.hostname, where.port

    def connection(self):
        """A connection of its own."""
        if self.tls is not None:
            return HTTPSConnection(*self.address, timeout=PATIENCE_S, context=self.tls)
        return HTTPConnection(*self.address, timeout=PATIENCE_S)

    def send(self, method, path, body=None, **headers):
        """Status, headers and body of the answer to one request."""
        connection = self.connection()
        try:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, names)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()


@contextmanager
def served(folder, *command, tls=None):
    """Start a serving program on a free port, wait until it answers, and end it as Ctrl-C does."""
    port = free_port()
    log = folder / "server.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [*command, "--port", str(port)],
            stdout=sink,
            stderr=sink,
            start_new_session=True,
            # Records of its own, whatever it is asked: those of the user may be of another release.
            env={**os.environ, "PYTHONUNBUFFERED": "1", "XDG_STATE_HOME": str(folder)},
        )
    running = Served(process, f"{'https' if tls else 'http'}://127.0.0.1:{port}", log, tls)
    try:
        _wait(running)
        yield running
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        process.wait(PATIENCE_S)


def _wait(running):
    give_up = time.monotonic() + PATIENCE_S
    while True:
        try:
            if running.send("GET", "/healthz")[0] == 200:
                return
        except (OSError, HTTPException):
            pass
        if running.process.poll() is not None or time.monotonic() > give_up:
            raise AssertionError(running.log.read_text())
        time.sleep(0.05)
