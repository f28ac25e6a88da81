"""The wheel: built, installed clean into an empty folder, and answering a call with the checkout's own content."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
VIGNETTES = ROOT / "fixtures" / "vignettes"
ASK = """
import json, sys
from pathlib import Path
import cds
from cds.cli import main
from cds.content import find_content, read_content
from cds.language.load import content_hash
root = find_content()
found = {"cds": cds.__file__, "how": root.how, "path": str(root.path), "hash": content_hash(read_content(root))}
print(json.dumps(found))
sys.exit(main(["evaluate", *sys.argv[1:], "--today", "2026-11-24"]))
"""


def run(*command, **more):
    """Run a command; its output, or a failure with what it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder that holds the installed wheel and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "install", str(wheel), "--no-deps", "--quiet", "--no-index", "--target", str(folder))
    return folder


def test_the_wheel_carries_program_content_and_demonstration(wheel):
    """One package, with rules, hooks and demonstration inside it, and neither tests nor other fixtures."""
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"cds"}
    inside = {"/".join(name.split("/")[:3]) for name in names if name.startswith("cds/_content/")}
    assert inside == {"cds/_content/rules", "cds/_content/hooks", "cds/_content/fixtures"}
    assert all(name.startswith("cds/_content/fixtures/demo/") for name in names if "/fixtures/" in name)
    assert not any("tests/" in name or "__pycache__" in name for name in names)


def test_the_wheel_installs_its_command_and_its_licence(wheel):
    """isotretinoin-cds is the one entry point, and the licence travels along."""
    archive = zipfile.ZipFile(wheel)
    (entry,) = [name for name in archive.namelist() if name.endswith("/entry_points.txt")]
    assert archive.read(entry).decode().split() == ["[console_scripts]", "isotretinoin-cds", "=", "cds.cli:main"]
    assert any(name.endswith("/licenses/LICENSE") for name in archive.namelist())


def test_the_installed_wheel_answers_as_the_checkout_does(wheel, installed, tmp_path):
    """Outside of the checkout the installed program finds its own content, equal to the checkout's, and answers."""
    files = [str(VIGNETTES / f"V39.us.{kind}.json") for kind in ("request", "chart")]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment["PYTHONPATH"] = str(installed)
    said = run(sys.executable, "-P", "-c", ASK, files[0], "--chart", files[1], cwd=tmp_path, env=environment)
    head, _, answer = said.partition("\n")
    found = json.loads(head)
    assert Path(found["cds"]).is_relative_to(installed)
    assert (found["how"], Path(found["path"])) == ("installed package", installed / "cds" / "_content")
    assert found["hash"] == (wheel.parent / "hash").read_text()
    labels = json.loads((VIGNETTES / "expected.json").read_text())["V39.us"]
    topics = [card["source"]["topic"]["code"].removesuffix("Critical") for card in json.loads(answer)["cards"]]
    assert topics == [each["topic"] for each in labels]
