"""Every message has a page, and a broken content that brings it about."""

import ast
import re
from pathlib import Path

import pytest
from broken_content import FOLDER, load

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "rules" / "guide" / "lints"
SOURCES = ("cds/language", "cds/facts", "cds/cards", "cds/web")
EXPANDED = {
    "unknown-…": {
        *("unknown-evidence", "unknown-override", "unknown-suggestion"),
        *("unknown-group", "unknown-pack", "unknown-profile", "unknown-rule", "unknown-system", "unknown-valueset"),
    },
    "unused-…": {
        *("unused-evidence", "unused-override", "unused-parameter", "unused-retrieve"),
        *("unused-suggestion", "unused-valueset", "unused-word"),
    },
}
WITHOUT_CONTENT = {"no-pack", "unknown-pack", "unknown-profile"}
"""What a command line brings about, or a site file, not content."""


def ids(site_too=True):
    found = set()
    for path in (path for folder in SOURCES for path in (ROOT / folder).rglob("*.py")):
        if site_too or not path.name.startswith("site"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and node.args and _reports(node.func):
                    found |= _ids(node.args[0])
    return found


def _reports(function):
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    owner = ast.unparse(function.value) if isinstance(function, ast.Attribute) else ""
    return name in ("refuse", "Diagnostic") or (name in ("error", "warning") and owner.endswith("report"))


def _ids(argument):
    if isinstance(argument, ast.Constant):
        return {argument.value}
    if not isinstance(argument, ast.JoinedStr):
        return set()  # an id that is passed on, and was written where it came from
    written = "".join(part.value if isinstance(part, ast.Constant) else "…" for part in argument.values)
    return EXPANDED[written]


def test_ids_and_pages_are_equal():
    """Each id of the loader, the prover, the kinds and the lints has a page, and no page is left over."""
    assert ids() == {path.stem for path in PAGES.glob("*.md")}


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.md")), ids=lambda path: path.stem)
def test_a_page_says_what_to_avoid_what_to_prefer_and_why(path):
    """Each page is headed by its id and has the same three sections."""
    lines = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL).splitlines()
    assert [line for line in lines if line.startswith("#")] == [f"# {path.stem}", "## Avoid", "## Prefer", "## Why"]


def test_every_id_is_brought_about_by_broken_content():
    """The corpus covers all messages that content can cause."""
    said = "\n".join(load(path)["says"] for path in FOLDER.glob("*.yaml"))
    assert {id for id in ids(site_too=False) - WITHOUT_CONTENT if f"[{id}]" not in said} == set()
