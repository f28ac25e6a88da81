"""The files of deploy/, read into plain values, and what the program says that it understands."""

import json
import re
import shlex
from pathlib import Path

import yaml

from cds.cli import PROGRAM, _parser
from cds.record.place import DATA, DATABASE, DATABASE_FILE

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"
SYSTEMD = DEPLOY / "systemd"
GRACE_S = 10
"""How long the server lets calls under way go on after SIGTERM (cds/web/server.py)."""


def dockerfile():
    """The instructions of the Dockerfile, as (name, argument), continued lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line.strip()]


def argument(name):
    """The argument of the last instruction of a name."""
    return [value for each, value in dockerfile() if each == name][-1]


def image_environment():
    """The variables of the program that the image sets."""
    words = [word.split("=", 1) for name, value in dockerfile() if name == "ENV" for word in shlex.split(value)]
    return dict(words)


def copied():
    """Files and folders of the checkout that the image is built of."""
    return [
        word for name, value in dockerfile() if name == "COPY" and "--from=" not in value for word in value.split()[:-1]
    ]


def healthcheck():
    """The command by which the image asks the service whether it is alive."""
    return json.loads(argument("HEALTHCHECK").partition("CMD ")[2])


def compose():
    """The compose file."""
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def unit(path):
    """The settings of a systemd unit, as (section, name, value) in order."""
    section, found = "", []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            name, value = line.split("=", 1)
            found.append((section, name, value))
    return found


def values(path, name):
    """Every value of a setting of a unit."""
    return [value for _, each, value in unit(path) if each == name]


def started(path):
    """The command line that a unit starts, with its own variables filled in as systemd does."""
    (line,) = values(path, "ExecStart")
    variables = dict(word.split("=", 1) for value in values(path, "Environment") for word in value.split())
    return shlex.split(re.sub(r"\$\{(\w+)\}", lambda found: variables[found[1]], line))


def known_variables():
    """Environment variables that the program reads: one for each option of ``serve``, and those of the records."""
    options = vars(_parser().parse_args(["serve"]))
    return {f"ISOTRETINOIN_CDS_{name.upper()}" for name in options} | {DATA, DATABASE, DATABASE_FILE}


def own_variables(names):
    """Those that are meant for the program."""
    return {name for name in names if name.startswith("ISOTRETINOIN_CDS_")}


def is_understood(words):
    """Whether the program's parser takes a command line; its first word is the program."""
    assert Path(words[0]).name == PROGRAM
    try:
        _parser().parse_args(words[1:])
    except SystemExit:
        return False
    return True
