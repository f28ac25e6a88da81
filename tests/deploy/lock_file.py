"""Reads a lock file: packages pinned to one version, each with its hashes."""

import re
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Marker
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent.parent
PINNED = re.compile(r"(?P<name>[\w.-]+)==(?P<version>\S+)(?: ; (?P<marker>.+))?")
SHA256 = re.compile(r"--hash=sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Pin:
    """One package of a lock file."""

    name: str
    version: str
    marker: Marker | None
    hashes: tuple[str, ...]


def read_lock(path):
    """The packages of a lock file by name; anything in it that is no pinned package is an error."""
    joined = path.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in joined.splitlines() if not line.startswith("#")]
    return {pin.name: pin for pin in map(_pin, lines)}


def _pin(line):
    head, *hashes = re.split(r"\s+(?=--)", line.strip())
    found = PINNED.fullmatch(head.strip())
    assert found is not None, f"no pinned package: {line[:80]}"
    assert all(SHA256.fullmatch(each) for each in hashes), f"more than hashes: {line[:80]}"
    marker = Marker(found["marker"]) if found["marker"] else None
    return Pin(canonicalize_name(found["name"]), found["version"], marker, tuple(hashes))
