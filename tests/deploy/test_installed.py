"""The service as a container runs it: installed from the lock, on a read-only root, with one folder to write."""

import json
import subprocess
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from deploy_files import ROOT, SYSTEMD, argument, healthcheck, image_environment, started
from deploy_servers import PATIENCE_S, confined, free_port, until

CALL = ROOT / "fixtures" / "vignettes" / "V39.us.request.json"
pytestmark = pytest.mark.needs("read-only root")
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")


def run(*command, **more):
    """Run a command; its output, or a failure with what it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def program(folder, wheel):
    """A fresh virtual environment with what the lock pins, each file checked by its hash, and the wheel."""
    place = folder / "installed"
    run(sys.executable, "-m", "venv", "--without-pip", str(place))
    install = (*PIP, "--python", str(place / "bin/python"), "install", "--quiet", "--no-compile")
    run(*install, "--require-hashes", "--only-binary=:all:", "-r", str(ROOT / "requirements.lock"))
    run(*install, "--no-deps", "--no-index", str(wheel))
    return place / "bin"


@pytest.fixture(scope="module")
def writable(folder):
    """The one folder that the service may write."""
    found = folder / "data"
    found.mkdir(mode=0o700)
    return found


@pytest.fixture(scope="module")
def environment(program, writable):
    """What the image sets but its site file and address, and nothing of this computer, neither HOME nor PATH."""
    left_out = ("ISOTRETINOIN_CDS_SITE", "ISOTRETINOIN_CDS_HOST", "ISOTRETINOIN_CDS_PORT")
    found = {name: value for name, value in image_environment().items() if name not in left_out}
    path = f"{program}:/usr/sbin:/usr/bin:/sbin:/bin"
    return {**found, "PATH": path, "TMPDIR": str(writable), "ISOTRETINOIN_CDS_DATA": str(writable)}


@pytest.fixture(scope="module")
def port(program, environment, folder, writable):
    """The port of the running service."""
    port, log = free_port(), folder / "service.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [
                *confined(writable),
                program / "isotretinoin-cds",
                "serve",
                "--open",
                "--workers",
                "1",
                "--port",
                str(port),
            ],
            env=environment,
            cwd="/",
            stdout=sink,
            stderr=sink,
        )
    try:
        until(lambda: _is_alive(port), process, log)
        yield port
    finally:
        process.terminate()
        assert process.wait(PATIENCE_S) == 0, log.read_text()


def _is_alive(port):
    try:
        return ask(port, "GET", "/healthz")[0] == 200
    except (OSError, HTTPException):
        return False


def ask(port, method, path, body=None):
    """Status and body of the answer to one call."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_the_installed_service_answers_and_writes_its_data_folder_only(port, writable, program):
    """A call gets its cards; records are in the data folder, and the program's own folder is as it was installed."""
    status, answer = ask(port, "POST", "/cds-services/isotretinoin-order-sign", CALL.read_bytes())
    assert status == 200
    assert answer["cards"]
    assert "isotretinoin-cds.sqlite" in {path.name for path in writable.iterdir()}
    assert list(program.parent.rglob("__pycache__")) == []


def test_the_health_check_of_the_image_tells_alive_from_dead(port, environment, writable):
    """The command of HEALTHCHECK ends with 0 where the service answers, and otherwise not."""
    for asked, alive in ((port, True), (free_port(), False)):
        variables = {**environment, "ISOTRETINOIN_CDS_PORT": str(asked)}
        done = subprocess.run((*confined(writable), *healthcheck()), env=variables, capture_output=True, check=False)
        assert (done.returncode == 0) is alive


def test_the_purge_unit_deletes_by_its_days(port, environment, program, writable):
    """The command of the systemd unit is taken, while the service runs."""
    _, *words = started(SYSTEMD / "isotretinoin-cds-purge.service")
    said = run(*confined(writable), str(program / "isotretinoin-cds"), *words, env=environment, cwd="/")
    assert said.startswith("Deleted 0 cards shown before 20")


def test_a_backup_taken_while_it_runs_can_be_read(port, writable, folder):
    """What docs/operations-install.md tells: VACUUM INTO gives a whole copy of the records in one file."""
    copy = folder / "copy"
    copy.mkdir(exist_ok=True)
    script = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('vacuum into ?', (sys.argv[2],))"
    run(sys.executable, "-c", script, str(writable / "isotretinoin-cds.sqlite"), str(copy / "isotretinoin-cds.sqlite"))
    said = run(sys.executable, "-m", "cds", "feedback", "report", "--data", str(copy))
    assert said.startswith("Cards shown: ")


def test_the_image_and_the_unit_name_the_same_program():
    """The image installs where the units look."""
    assert f"{Path(started(SYSTEMD / 'isotretinoin-cds-purge.service')[0]).parent}" in argument("ENV")
