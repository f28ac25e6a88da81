"""The application over the sample pack, and a served process over the real content."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from web_samples import demonstration, free_port, sample_files

from cds.authoring.loopback import LoopbackFhir
from cds.settings import DEFAULT_PROFILE, Settings
from cds.web.app import create_app
from cds.web.services import load_ready

COMMAND = (sys.executable, "-m", "cds")
PATIENCE_S = 30


def _has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


NEEDS = {"ipv6": ("IPv6 on this computer", _has_ipv6)}


@pytest.fixture(scope="session")
def ready():
    """The sample pack, compiled."""
    return load_ready(sample_files(), "sample")


@pytest.fixture(scope="session")
def settings():
    """Settings of an open service."""
    return Settings(open=True, profile="sample", public_url="http://cds.test")


@pytest.fixture(scope="session")
def app(ready, settings):
    """The application over the sample pack."""
    return create_app(ready, settings)


@pytest.fixture
def client(app):
    """A client that calls the application without a socket."""
    return app.test_client()


@pytest.fixture(scope="session")
def real_ready(content):
    """The shipped content, compiled."""
    return load_ready(content, DEFAULT_PROFILE)


@dataclass(frozen=True)
class Served:
    """A process that serves, its base URL, and the file in which its log lands."""

    process: subprocess.Popen
    url: str
    log: Path

    @property
    def address(self):
        """Host and port."""
        where = urlsplit(self.url)
        return where.hostname, where.port

    def send(self, method, path, body=None, **headers):
        """Status, headers and body of the answer to one request."""
        connection = HTTPConnection(*self.address, timeout=PATIENCE_S)
        try:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, names)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()


@contextmanager
def served(folder, *command):
    """Start a serving program on a free port, wait until it answers, and end it as Ctrl-C does."""
    port = free_port()
    log = folder / "server.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [*command, "--port", str(port)],
            stdout=sink,
            stderr=sink,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    running = Served(process, f"http://127.0.0.1:{port}", log)
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


@pytest.fixture(scope="session")
def fhir():
    """A FHIR server that holds the demonstration's patients, dated as of today."""
    with LoopbackFhir(demonstration().charts) as running:
        yield running


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The shipped content, really served in two processes; time is not short, whatever else the computer does."""
    program = Path(__file__).parent / "serve_patiently.py"
    with served(tmp_path_factory.mktemp("served"), sys.executable, program) as running:
        yield running
