"""The systemd units: understood by systemd, hardened, and starting commands of the program."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from deploy_files import GRACE_S, SYSTEMD, is_understood, known_variables, own_variables, started, unit, values

SERVICE = SYSTEMD / "isotretinoin-cds.service"
PURGE = SYSTEMD / "isotretinoin-cds-purge.service"
TIMER = SYSTEMD / "isotretinoin-cds-purge.timer"
DROP_INS = {SERVICE: SYSTEMD / "postgresql" / "isotretinoin-cds.conf"}
DROP_INS[PURGE] = SYSTEMD / "postgresql" / "isotretinoin-cds-purge.conf"
each_service = pytest.mark.parametrize("path", [SERVICE, PURGE], ids=lambda path: path.name)

HARDENED = {
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectControlGroups": "yes",
    "RestrictNamespaces": "yes",
    "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "SystemCallArchitectures": "native",
    "DynamicUser": "yes",
    "UMask": "0077",
}
MOST_EXPOSED = 15
"""Tenths of systemd's exposure level, of 100; a service without any hardening has 96."""


@each_service
def test_a_unit_is_hardened(path):
    """It owns nothing but its state folder, and may call nothing that a network service does not need."""
    found = {name: value for section, name, value in unit(path) if section == "Service"}
    assert {name: found.get(name) for name in HARDENED} == HARDENED
    assert values(path, "SystemCallFilter") == ["@system-service", "~@privileged @resources"]
    assert found["StateDirectory"] == "isotretinoin-cds"


@each_service
def test_a_unit_sets_variables_that_the_program_reads(path):
    """No setting is lost to a misspelt name, in the unit or in what PostgreSQL adds to it."""
    set_there = [*values(path, "Environment"), *values(DROP_INS[path], "Environment")]
    names = own_variables(word.split("=")[0] for value in set_there for word in value.split())
    assert names
    assert names <= known_variables()


@each_service
def test_the_database_url_is_a_credential(path):
    """With PostgreSQL the URL is handed over as a file that only the service can read."""
    (credential,) = values(DROP_INS[path], "LoadCredential")
    name, _, file = credential.partition(":")
    assert Path(file).is_absolute()
    assert values(DROP_INS[path], "Environment") == [f"ISOTRETINOIN_CDS_DATABASE_FILE=%d/{name}"]


def test_both_units_are_of_one_user_and_write_one_folder():
    """Or the one could not delete what the other wrote."""
    for name in ("User", "StateDirectory", "StateDirectoryMode"):
        assert values(SERVICE, name) == values(PURGE, name)
    assert set(values(PURGE, "Environment")) & set(values(SERVICE, "Environment")) >= {
        "ISOTRETINOIN_CDS_DATA=%S/isotretinoin-cds"
    }


def test_the_units_start_commands_that_the_program_understands():
    """ExecStart of each, with the variables of the unit filled in."""
    assert is_understood(started(SERVICE))
    assert is_understood(started(PURGE))


def test_the_service_is_ended_and_reloaded_by_signals():
    """Its main process alone is asked to end, with more time than calls under way are given."""
    assert values(SERVICE, "KillMode") == ["mixed"]
    (seconds,) = values(SERVICE, "TimeoutStopSec")
    assert int(seconds) > GRACE_S
    assert values(SERVICE, "ExecReload") == ["/bin/kill -HUP $MAINPID"]
    assert "ISOTRETINOIN_CDS_RELOAD=yes" in values(SERVICE, "Environment"), "SIGHUP would end it"
    assert values(SERVICE, "Restart") == ["on-failure"]


@pytest.fixture
def root():
    """A folder like the root of a host on which the units are installed, with stand-ins for what they start."""
    folder = Path(tempfile.mkdtemp(prefix="cds-units-"))
    units = folder / "etc/systemd/system"
    for path in (SERVICE, PURGE):
        (units / f"{path.name}.d").mkdir(parents=True)
        shutil.copy(path, units)
        shutil.copy(DROP_INS[path], units / f"{path.name}.d" / "postgresql.conf")
    shutil.copy(TIMER, units)
    for name in ("sysinit", "basic", "shutdown", "multi-user", "timers", "network-online"):
        (units / f"{name}.target").write_text(f"[Unit]\nDescription={name}\n")
    for name in ("opt/isotretinoin-cds/bin/isotretinoin-cds", "bin/kill"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy("/bin/true", folder / name)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.needs("systemd-analyze")
def test_systemd_finds_nothing_amiss(root):
    """systemd-analyze knows every setting and its value, with what PostgreSQL adds."""
    names = [path.name for path in (SERVICE, PURGE, TIMER)]
    command = ("systemd-analyze", "verify", f"--root={root}", "--man=no", *names)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout + done.stderr, done.returncode) == ("", 0)


@pytest.mark.needs("systemd-analyze")
@each_service
def test_systemd_calls_the_exposure_low(path, root):
    """systemd-analyze rates the hardening."""
    command = (
        "systemd-analyze",
        "security",
        "--offline=yes",
        f"--threshold={MOST_EXPOSED}",
        f"--root={root}",
        path.name,
    )
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
