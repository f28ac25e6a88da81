"""What is installed: lock files in step with pyproject.toml, and inventories in step with the lock."""

import json
import re
import tomllib

import pytest
from lock_file import ROOT, read_lock
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME = ROOT / "requirements.lock"
BUILD = ROOT / "deploy" / "build.lock"
SBOM = ROOT / "deploy" / "sbom.cdx.json"
LICENCES = ROOT / "docs" / "licences.md"
REMEDY = "run: make lock sbom licences"
ACCEPTED = {
    "3-Clause BSD License",
    "Apache Software License",
    "Apache-2.0",
    "Apache-2.0 AND BSD-2-Clause",
    "Apache-2.0 OR BSD-3-Clause",
    "BSD License",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "LGPL-3.0-only",
    "MIT",
    "MIT License",
    "MIT-0",
    "MPL-2.0 AND (Apache-2.0 OR MIT)",
    "Mozilla Public License 2.0 (MPL 2.0)",
    "PSF-2.0",
}
"""Permissive, or copyleft of the file or the library, as packages declare them; a new one is read first."""

REQUIRED = {
    RUNTIME: [
        *PROJECT["project"]["dependencies"],
        *(each for extra in PROJECT["project"]["optional-dependencies"].values() for each in extra),
    ],
    BUILD: PROJECT["build-system"]["requires"],
}
each_lock = pytest.mark.parametrize("path", REQUIRED, ids=lambda path: path.name)


@each_lock
def test_every_dependency_is_locked_within_its_range(path):
    """What pyproject.toml asks for, extras included, is in the lock, in a version that it allows."""
    pins = read_lock(path)
    for wanted in map(Requirement, REQUIRED[path]):
        pin = pins.get(canonicalize_name(wanted.name))
        assert pin is not None, f"{wanted.name} is not in {path.name}; {REMEDY}"
        assert wanted.specifier.contains(pin.version, prereleases=True), f"{wanted} but {pin.version}; {REMEDY}"


@each_lock
def test_every_locked_package_has_hashes(path):
    """No package can be exchanged on its way: each is pinned by the hashes of its files."""
    pins = read_lock(path)
    assert pins
    assert [pin.name for pin in pins.values() if not pin.hashes] == []


@pytest.mark.parametrize("path", [RUNTIME, BUILD, SBOM, LICENCES], ids=lambda path: path.name)
def test_no_address_stands_in_what_is_generated(path):
    """Neither a host from which packages came nor a folder of the computer that made the file."""
    text = path.read_text(encoding="utf-8").replace("http://cyclonedx.org/schema/", "")
    assert re.findall(r"\w+://\S*|(?:^|[\s\"'=])/(?:home|root|tmp|work|opt|usr|srv)\b\S*", text) == []
    assert "index-url" not in text


def test_the_locked_build_tools_are_those_of_the_build_system():
    """The dependency group from which deploy/build.lock is made says what the build system asks for."""
    assert PROJECT["dependency-groups"]["build"] == PROJECT["build-system"]["requires"]


def here():
    """Name and version of each package of the lock that is installed on this kind of computer."""
    pins = read_lock(RUNTIME).values()
    return {pin.name: pin.version for pin in pins if pin.marker is None or pin.marker.evaluate()}


def test_the_bill_of_materials_is_that_of_the_lock():
    """deploy/sbom.cdx.json names every locked package in its version, and nothing else."""
    bill = json.loads(SBOM.read_text(encoding="utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    assert {canonicalize_name(each["name"]): each["version"] for each in bill["components"]} == here(), REMEDY
    root = bill["metadata"]["component"]
    assert (root["name"], root["version"]) == (PROJECT["project"]["name"], PROJECT["project"]["version"])


def test_every_locked_package_has_a_licence_that_was_accepted():
    """docs/licences.md names every locked package in its version, each under a licence of the list above."""
    page = LICENCES.read_text(encoding="utf-8")
    assert page.startswith((ROOT / "deploy" / "licences.head.md").read_text(encoding="utf-8"))
    _, _, *rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("|")]
    listed = {canonicalize_name(name.strip()): (version.strip(), licence.strip()) for name, version, licence in rows}
    assert {name: version for name, (version, _) in listed.items()} == here(), REMEDY
    assert {name: licence for name, (_, licence) in listed.items() if licence not in ACCEPTED} == {}
