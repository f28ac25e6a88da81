"""The corpus of broken content: a sample pack with one edit, and exactly what `check` then says.

``python tests/language/broken_content.py`` writes the ``says`` of every case anew, after messages changed;
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

FOLDER = Path(__file__).parents[2] / "fixtures" / "broken"
TODAY = date(2026, 11, 24)


@cache
def sample() -> Mapping[str, bytes]:
    """The sample pack of this folder, with the schemas and hooks of the checkout."""
    files = read_content(find_content())
    base = FOLDER / "content"
    own = {path.relative_to(base).as_posix(): path.read_bytes() for path in sorted(base.rglob("*.yaml"))}
    return {**{path: body for path, body in files.items() if path.startswith(("rules/schema/", "hooks/"))}, **own}


def load(path: Path) -> dict[str, Any]:
    """One case."""
    case: dict[str, Any] = yaml.safe_load(path.read_text())
    return case


def edited(edits: Iterable[Mapping[str, Any]]) -> dict[str, bytes]:
    """The sample with the edits of a case; each must find its place, exactly once."""
    files = dict(sample())
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
            words = files[path].decode()
            assert words.count(edit["replace"]) == 1, f"{path}: {edit['replace']!r} is not there exactly once"
            files[path] = words.replace(edit["replace"], edit["with"]).encode()
    return files


def said(case: Mapping[str, Any]) -> str:
    """What `check` says of a case."""
    return render_text(examine(edited(case["edits"]), TODAY).diagnostics)


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
