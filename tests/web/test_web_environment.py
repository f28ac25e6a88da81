"""Settings by environment and by file: as the command line says them, checked at once, with secrets in files."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from web_servers import COMMAND, PATIENCE_S, served

from cds.cli import _parser
from cds.errors import StartError
from cds.record.place import find_place

ROOT = Path(__file__).parents[2]


def started(*arguments, **variables):
    """Exit code and standard error of a start that fails."""
    environment = {**os.environ, **{f"ISOTRETINOIN_CDS_{name}": value for name, value in variables.items()}}
    command = [*COMMAND, "serve", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False, env=environment)
    return done.returncode, done.stderr


def parsed(monkeypatch, *arguments, **variables):
    """The options of ``serve`` under an environment."""
    for name, value in variables.items():
        monkeypatch.setenv(f"ISOTRETINOIN_CDS_{name}", value)
    return _parser().parse_args(["serve", *arguments])


def test_a_variable_stands_for_an_option(monkeypatch):
    """Numbers, paths, switches and lists are read as on the command line."""
    args = parsed(
        monkeypatch,
        OPEN="yes",
        RECORD="no",
        RELOAD="no",
        PORT="8123",
        SITE="site.yaml",
        ALLOW_FHIR="https://one.example.org/r4 https://two.example.org/r4",
        TODAY="2026-11-24",
    )
    assert args.environment_problems == ()
    assert (args.open, args.record, args.reload, args.port, args.site) == (True, False, False, 8123, Path("site.yaml"))
    assert args.allow_fhir == ["https://one.example.org/r4", "https://two.example.org/r4"]
    assert str(args.today) == "2026-11-24"


def test_the_command_line_goes_before_the_environment(monkeypatch):
    """An option that is given counts; a variable that is empty is none."""
    args = parsed(monkeypatch, "--port", "9000", PORT="8123", HOST="", WORKERS="3")
    assert (args.port, args.host, args.workers) == (9000, "127.0.0.1", 3)


def test_everything_that_is_wrong_is_said_at_once():
    """A misspelt variable, values that cannot be read, and settings that do not hold: one start tells them all."""
    code, said = started(
        "--threads", "0", OPEN="maybe", PROT="80", TODAY="today", WORKERS="many", DATABASE_FILE="/nowhere/url"
    )
    assert code == 2
    for each in (
        "ISOTRETINOIN_CDS_OPEN: it is yes or no",
        "ISOTRETINOIN_CDS_PROT: there is no such setting. Did you mean ISOTRETINOIN_CDS_PORT",
        "ISOTRETINOIN_CDS_TODAY: today is no date",
        "ISOTRETINOIN_CDS_WORKERS: many cannot be read",
        "threads 0: it is a number from 1 to 1024",
        "ISOTRETINOIN_CDS_DATABASE_FILE /nowhere/url cannot be read: No such file",
    ):
        assert each in said
    assert "Traceback" not in said


def test_a_site_file_and_a_profile_exclude_each_other_wherever_they_come_from():
    """A profile in the environment beside --site is refused, not ignored."""
    code, said = started("--open", "--site", ROOT / "site.example.yaml", PROFILE="uk-2026")
    assert (code, "exclude each other" in said) == (2, True)


def test_a_service_is_started_by_its_environment_alone(tmp_path, monkeypatch):
    """As in a container: no option is given, and the service answers."""
    monkeypatch.setenv("ISOTRETINOIN_CDS_OPEN", "yes")
    monkeypatch.setenv("ISOTRETINOIN_CDS_DATA", str(tmp_path / "data"))
    with served(tmp_path, *COMMAND, "serve") as server:
        assert server.send("GET", "/readyz")[0] == 200
    assert (tmp_path / "data" / "isotretinoin-cds.sqlite").is_file()


def test_the_url_of_the_database_is_read_from_a_file(tmp_path):
    """Its password then stands neither on the command line nor in the environment."""
    file = tmp_path / "url"
    file.write_text("postgresql://cds:secret@db.example.org/cds\n")
    assert find_place(None, {"ISOTRETINOIN_CDS_DATABASE_FILE": str(file)}).url.endswith("db.example.org/cds")
    file.write_text("")
    with pytest.raises(StartError, match="must hold the URL of a database and nothing else"):
        find_place(None, {"ISOTRETINOIN_CDS_DATABASE_FILE": str(file)})


def test_every_variable_is_documented():
    """docs/configuration.md has a row for each variable, and for no other."""
    actions = _parser()._subparsers._group_actions[0].choices["serve"]._actions
    known = {f"ISOTRETINOIN_CDS_{each.dest.upper()}" for each in actions if each.dest != "help"}
    told = set(re.findall(r"`(ISOTRETINOIN_CDS_[A-Z_]+)`", (ROOT / "docs" / "configuration.md").read_text()))
    assert told == known | {"ISOTRETINOIN_CDS_DATABASE", "ISOTRETINOIN_CDS_DATABASE_FILE"}
