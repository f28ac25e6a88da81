"""The corpus of broken content: shipped content with one edit, and exactly what `check` then says.

``python tests/language/broken_content.py`` writes the ``says`` of every case anew, after rules or messages changed;
what it changed is to be read before it is committed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from cds.authoring.check import examine
from cds.authoring.diagnostics_text import render_text
from cds.content import find_content, read_content
from cds.values.diagnostic import Diagnostic

FOLDER = Path(__file__).parents[2] / "fixtures" / "broken"
TODAY = date(2026, 11, 24)
PROFILE = "us-rems-2026"


@cache
def shipped() -> Mapping[str, bytes]:
    """The content of the checkout; value sets keep their first codes only, since nearly all of the time goes there."""
    files = read_content(find_content())
    return {path: _shortened(path, content) for path, content in files.items()}


def _shortened(path: str, content: bytes) -> bytes:
    if not path.startswith("rules/valuesets/"):
        return content
    kept, seen = [], 0
    for line in content.decode().splitlines(keepends=True):
        seen = seen + 1 if line.startswith("  - {code:") else 0
        if seen < 3:
            kept.append(line)
    return "".join(kept).encode()


@cache
def found_in_shipped() -> frozenset[tuple[str, str, str]]:
    """What is found without any edit, which no case is about."""
    return frozenset(_key(each) for each in examine(shipped(), TODAY, PROFILE).diagnostics)


def _key(found: Diagnostic) -> tuple[str, str, str]:
    return found.id, found.at.file, found.what


def load(path: Path) -> dict[str, Any]:
    """One case."""
    case: dict[str, Any] = yaml.safe_load(path.read_text())
    return case


def edited(edits: Iterable[Mapping[str, Any]]) -> dict[str, bytes]:
    """Shipped content with the edits of a case; each must find its place, exactly once."""
    files = dict(shipped())
    full = read_content(find_content())
    for edit in edits:
        path = edit["file"]
        if edit.get("remove"):
            del files[path]
        elif "bytes" in edit:
            files[path] = bytes.fromhex(edit["bytes"])
        elif "content" in edit:
            files[path] = (edit["content"] * edit.get("times", 1)).encode()
        elif "rename" in edit:
            files[edit["rename"]] = files.pop(path)
        else:
            words = (full[path] if files[path] == shipped()[path] else files[path]).decode()
            assert words.count(edit["replace"]) == 1, f"{path}: {edit['replace']!r} is not there exactly once"
            files[path] = words.replace(edit["replace"], edit["with"]).encode()
    return files


def said(case: Mapping[str, Any]) -> str:
    """What `check` says of a case."""
    diagnostics = examine(edited(case["edits"]), TODAY, PROFILE).diagnostics
    return render_text(each for each in diagnostics if _key(each) not in found_in_shipped())


def _renew() -> None:
    for path in sorted(FOLDER.glob("*.yaml")):
        case = load(path)
        words = path.read_text()
        head = words[: words.index("\nsays:")] if "\nsays:" in words else words.rstrip("\n")
        try:
            new = said(case)
        except AssertionError as problem:
            sys.stderr.write(f"{path.name}: {problem}\n")
            continue
        block = "\n".join(f"  {line}".rstrip() if line else "" for line in new.splitlines())
        path.write_text(f"{head}\nsays: |\n{block}\n")


if __name__ == "__main__":
    _renew()
