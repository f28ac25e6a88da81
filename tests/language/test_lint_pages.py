"""Every message has a page, and a broken content that brings it about."""

import ast
import re
from pathlib import Path

import pytest
from broken_content import FOLDER, load

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "rules" / "guide" / "lints"
SOURCES = ("cds/language", "cds/facts", "cds/cards", "cds/web")
"""What reads the content; the rest of cds/ reads tests of rules, and lays files out."""
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
PASSED_ON = {
    "cds/language/report.py",  # takes all of them
    "cds/language/yaml.py",  # refuses under an id that its own calls write
    "cds/language/checks/pack_names.py",  # indicator, unknown-finding, unknown-group, which others write as well
    "cds/authoring/check.py",  # passes on what the reading of defaults.yaml said
    "cds/cli_replay.py",  # refuses a recording, which has no id
}
WITHOUT_CONTENT = {"no-pack", "unknown-pack", "unknown-profile"}
"""What a command line brings about, or a site file, not content."""


def ids(folders=("cds",), site_too=True):
    """Each id that is written where something is reported: the program has no other way to print one."""
    found = set()
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
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
    """Each id that any command prints has a page, and no page is of an id that nothing prints."""
    assert ids() == {path.stem for path in PAGES.glob("*.md")}


def test_ids_are_passed_on_in_known_places_only():
    """Elsewhere an id is written where it is reported, so that none is overlooked here."""
    passed = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "cds").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and node.args and _reports(node.func)
        if not isinstance(node.args[0], ast.Constant | ast.JoinedStr)
    }
    assert passed == PASSED_ON


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.md")), ids=lambda path: path.stem)
def test_a_page_says_what_to_avoid_what_to_prefer_and_why(path):
    """Each page is headed by its id and has the same three sections."""
    lines = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL).splitlines()
    assert [line for line in lines if line.startswith("#")] == [f"# {path.stem}", "## Avoid", "## Prefer", "## Why"]


def test_every_id_is_brought_about_by_broken_content():
    """The corpus covers all messages that content can cause."""
    said = "\n".join(load(path)["says"] for path in FOLDER.glob("*.yaml"))
    assert {id for id in ids(SOURCES, site_too=False) - WITHOUT_CONTENT if f"[{id}]" not in said} == set()
