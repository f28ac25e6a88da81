"""What the tests of deploy/ need of the computer, and a folder for processes that are not root."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from deploy_servers import SEARCHED, confined


def _has_systemd():
    return shutil.which("systemd-analyze") is not None


def _has_proxy():
    return all(shutil.which(name, path=SEARCHED) for name in ("nginx", "openssl"))


def _confines():
    if not all(shutil.which(name) for name in ("unshare", "setpriv")):
        return False
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run((*confined(folder), "true"), capture_output=True, check=False)
    return done.returncode == 0


NEEDS = {
    "systemd-analyze": (
        "systemd-analyze: apt-get install systemd",
        _has_systemd,
    ),
    "nginx": ("nginx and openssl: apt-get install nginx-light openssl", _has_proxy),
    "read-only root": ("a mount namespace: apt-get install util-linux, and leave to use unshare", _confines),
}


@pytest.fixture(scope="module")
def folder():
    """An empty folder that everybody may read; not in pytest's own, which is closed to other users."""
    found = Path(tempfile.mkdtemp(prefix="cds-deploy-"))
    found.chmod(0o755)
    yield found
    shutil.rmtree(found)
