"""A real PostgreSQL server of Debian's package, on a socket in a folder of its own."""

import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path

from cds.record.place import Place

PATIENCE_S = 60
DRIVER = find_spec("psycopg") is not None


def programs():
    """The folder of the server's programs, which Debian keeps off the PATH; None when there is none."""
    found = shutil.which("initdb")
    every = [*([str(Path(found).resolve())] if found else []), *glob.glob("/usr/lib/postgresql/*/bin/initdb")]
    return next((Path(each).parent for each in every if (Path(each).parent / "postgres").is_file()), None)


NEEDS_POSTGRESQL = {
    "psycopg": ("psycopg (pip install 'psycopg[binary]')", lambda: DRIVER),
    "postgresql": (
        "PostgreSQL and psycopg (apt-get install postgresql, pip install 'psycopg[binary]')",
        lambda: DRIVER and programs() is not None,
    ),
}
"""For ``NEEDS`` of a conftest."""


def other_user():
    """Who is to run it when the tests run as root, for whom it refuses to; None when they do not."""
    if os.geteuid() != 0:
        return None
    known = {each.pw_name: each for each in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


class Server:
    """A server that can be stopped and started again, with what it holds."""

    def __init__(self, folder):
        self._folder = folder
        self._process = None
        self._options = {"cwd": folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C"}}
        user = other_user()
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
            self._options.update(user=user.pw_uid, group=user.pw_gid, extra_groups=[])
        with self._log() as log:
            initdb = (programs() / "initdb", "-D", folder / "data", "-U", "cds", "-A", "trust", "-E", "UTF8")
            command = (*initdb, "--no-locale", "--no-sync")
            made = subprocess.run(command, timeout=PATIENCE_S, check=False, stdout=log, stderr=log, **self._options)
        assert made.returncode == 0, (folder / "log").read_text()

    def url(self, name):
        """The URL of a database."""
        return f"postgresql://cds@/{name}?host={self._folder}"

    def start(self):
        """Start it, and wait until it answers."""
        command = (
            programs() / "postgres",
            "-D",
            self._folder / "data",
            "-k",
            self._folder,
            "-c",
            "listen_addresses=",
            "-F",
        )
        with self._log() as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, **self._options)
        _wait(self._process, self.url("postgres"), self._folder / "log")

    def stop(self, how=signal.SIGINT):
        """Stop it in its fast way, or in another."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE_S)

    def _log(self):
        return (self._folder / "log").open("ab")


@contextmanager
def server():
    """A started server, stopped and wiped afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="cds-pg-", dir="/tmp"))  # the path of a socket must be short
    try:
        running = Server(folder)
        try:
            running.start()
            yield running
        finally:
            running.stop()
    finally:
        shutil.rmtree(folder)


def _wait(process, of, log):
    import psycopg  # noqa: PLC0415 - without it the tests that call this are left out

    give_up = time.monotonic() + PATIENCE_S
    while True:
        try:
            psycopg.connect(of).close()
        except psycopg.OperationalError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < give_up, log.read_text()
            time.sleep(0.05)
        else:
            return


@contextmanager
def databases(name, folders):
    """A started server, as a function that makes a new, empty database in it and gives its place.

    Args:
        name: what the databases are called, each with a number.
        folders: pytest's ``tmp_path_factory``, for the journals.
    """
    import psycopg  # noqa: PLC0415 - without it the tests that call this are left out

    numbers = count(1)
    with server() as running:

        def make():
            called = f"{name}{next(numbers)}"
            with psycopg.connect(running.url("postgres"), autocommit=True) as connection:
                connection.execute(f"create database {called}")
            return Place(url=running.url(called), folder=folders.mktemp(called))

        yield make
