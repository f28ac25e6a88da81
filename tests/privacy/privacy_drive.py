"""Drives the served process, and gathers everything that it wrote, said or sent anywhere."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

PROGRAM = Path(__file__).parent / "privacy_serve.py"
PATIENCE_S = 60


@dataclass(frozen=True)
class Reply:
    """What came back; ``whole`` is everything of it, headers included."""

    status: int
    body: bytes
    whole: bytes


class Driven:
    """A service that runs, with the folder of its records."""

    def __init__(self, process, port, folder):
        self.process = process
        self.port = port
        self.folder = folder

    def send(self, method, path, body=None, headers=None):
        """One request on a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.putrequest(method, path, skip_host=bool(headers and "Host" in headers))
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            said = answer.read()
            return Reply(answer.status, said, str(answer.headers).encode() + said)
        finally:
            connection.close()

    def send_all(self, several):
        """The replies to many requests, eight at a time."""
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda each: self.send(each.method, each.path, each.body, each.headers), several))

    def raw(self, content):
        """What comes back for bytes that need not be HTTP."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE_S) as connection:
            connection.sendall(content)
            connection.shutdown(socket.SHUT_WR)
            said = b""
            while part := connection.recv(65536):
                said += part
            return said

    def stop(self):
        """End it as a supervisor does; its exit code."""
        os.kill(self.process.pid, signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def written(self):
        """Everything that is on disk or in its output, by where it is."""
        places = {path.name: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}
        database = next(self.folder.glob("*.sqlite"))
        with closing(sqlite3.connect(database)) as connection:
            names = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
            for name in names:
                rows = connection.execute(f"select * from {name}").fetchall()  # noqa: S608 - a name from the database
                places[f"table {name}"] = repr(rows).encode()
        return places


@contextmanager
def driven(folder, collector):
    """The program of this folder, serving on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, PROGRAM, "--port", str(port), "--data", str(folder)],
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={
                **os.environ,
                "PYTHONUNBUFFERED": "1",
                "OTEL_EXPORTER_OTLP_ENDPOINT": collector.base,
                "OTEL_BSP_SCHEDULE_DELAY": "100",
            },
        )
    running = Driven(process, port, folder)
    try:
        give_up = time.monotonic() + PATIENCE_S
        while not _answers(running):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < give_up, (folder / "log").read_text()
            time.sleep(0.05)
        yield running
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        process.wait(PATIENCE_S)


def _answers(running):
    try:
        return running.send("GET", "/healthz").status == 200
    except (OSError, HTTPException):
        return False
