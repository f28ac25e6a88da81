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
from pathlib import Path

PATIENCE_S = 60


def programs():
    """The folder of the server's programs, which Debian keeps off the PATH; None when there is none."""
    found = shutil.which("initdb")
    every = [*([str(Path(found).resolve())] if found else []), *glob.glob("/usr/lib/postgresql/*/bin/initdb")]
    return next((Path(each).parent for each in every if (Path(each).parent / "postgres").is_file()), None)


def other_user():
    """Who is to run it when the tests run as root, for whom it refuses to; None when they do not."""
    if os.geteuid() != 0:
        return None
    known = {each.pw_name: each for each in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


@contextmanager
def server():
    """Start it; gives a function from the name of a database to its URL. Stopped and wiped afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="cds-pg-", dir="/tmp"))  # the path of a socket must be short
    try:
        with (folder / "log").open("wb") as log:
            process = _started(folder, log)
        try:
            _wait(process, url(folder, "postgres"), folder / "log")
            yield lambda name: url(folder, name)
        finally:
            process.send_signal(signal.SIGINT)  # its fast way to stop
            process.wait(PATIENCE_S)
    finally:
        shutil.rmtree(folder)


def url(folder, name):
    """The URL of a database by the socket in a folder."""
    return f"postgresql://cds@/{name}?host={folder}"


def _started(folder, log):
    options = {"cwd": folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C"}, "stdout": log, "stderr": log}
    user = other_user()
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
        options.update(user=user.pw_uid, group=user.pw_gid, extra_groups=[])
    initdb, postgres, data = programs() / "initdb", programs() / "postgres", folder / "data"
    made = subprocess.run(
        (initdb, "-D", data, "-U", "cds", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"),
        timeout=PATIENCE_S,
        check=False,
        **options,
    )
    assert made.returncode == 0, (folder / "log").read_text()
    return subprocess.Popen((postgres, "-D", data, "-k", folder, "-c", "listen_addresses=", "-F"), **options)


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
