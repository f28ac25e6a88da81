"""The shipped content, really served, and a FHIR server whose charts are exchanged."""

import os
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPException
from pathlib import Path

import pytest
from clients_samples import PATIENCE_S, Running

from cds.authoring.loopback import LoopbackFhir

PROGRAM = Path(__file__).parent / "clients_serve.py"


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    """One process for all tests of a worker."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("clients") / "log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, PROGRAM, "--port", str(port)],
            stdout=sink,
            stderr=sink,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    try:
        with Running(port) as found:
            give_up = time.monotonic() + PATIENCE_S
            while not _answers(found):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < give_up, log.read_text()
                time.sleep(0.05)
            yield found
        assert "Traceback" not in log.read_text()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        process.wait(PATIENCE_S)


def _answers(found):
    try:
        return found.send("GET", "/healthz")[0] == 200
    except (OSError, HTTPException):
        return False


@pytest.fixture
def fhir():
    """Starts a FHIR server of charts."""
    started = []

    def start(*charts, **options):
        started.append(LoopbackFhir(charts, **options))
        started[-1].start()
        return started[-1]

    yield start
    for each in started:
        each.close()
