"""What is said of broken site files, word for word.

``python tests/site/test_site_errors.py`` writes the texts anew; what it changed is to be read before it is committed.
"""

from pathlib import Path

import pytest
from site_samples import HEAD, TODAY, examined

from cds.authoring.diagnostics_text import render_text
from cds.authoring.site_check import examine_site
from cds.content import find_content, read_content

FOLDER = Path(__file__).parent / "broken"
CASES = sorted(FOLDER.glob("*.yaml"))


def said(path, content):
    """Everything that is said of a site file."""
    found = examine_site(path.name, path.read_bytes(), content, TODAY)
    return "\n".join(line.rstrip() for line in render_text(found.diagnostics).splitlines()) + "\n"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_everything_wrong_is_said_at_once_with_its_place(path, content):
    """Each mistake of a site file is reported with file, line, column, what it means and what to write instead."""
    assert said(path, content) == path.with_suffix(".txt").read_text()


@pytest.mark.parametrize("words", ["", "[]", "site", "site: x\n---\n", "packs: {isotretinoin: []}", "clients: [1, []]"])
def test_no_site_file_ends_in_a_traceback(words, content):
    """Whatever stands in the file, it is told in diagnostics."""
    assert examined(content, words)[0]


@pytest.mark.parametrize(
    ("changed", "today", "id"),
    [
        ("status: draft", "2026-11-24", "profile-draft"),
        ("effective: {from: 2026-01-01, to: 2026-11-23}", "2026-11-24", "profile-ended"),
        ("status: historic", "2026-11-14", "profile-ended"),
    ],
)
def test_a_profile_answers_in_its_period_and_a_draft_for_its_reviewer(changed, today, id, content):
    """An ended profile, a historic one outside its period, and a draft that nobody reviewed are refused."""
    name = "rules/isotretinoin/profiles/us-rems-2026.yaml"
    key = changed.partition(":")[0]
    lines = [changed if each.startswith(f"{key}:") else each for each in content[name].decode().splitlines()]
    files = {**content, name: "\n".join(lines).encode()}
    day = TODAY.fromisoformat(today)
    assert examined(files, HEAD, day)[0] == [id]
    reviewed = HEAD.replace("profile: us", "reviewer: Dr. A, profile: us")
    assert examined(files, reviewed, day)[0] == ([] if id == "profile-draft" else [id])


def test_a_setting_of_a_rule_that_is_not_in_force_is_pointed_out(content):
    """A rule of another profile can be named, but nothing follows from it; a warning says so."""
    words = HEAD + "rules: {isotretinoin/quarterly-alt: {mode: off, because: policy}}\n"
    assert examined(content, words)[0] == ["not-in-force"]


if __name__ == "__main__":
    shipped = read_content(find_content())
    for case in CASES:
        case.with_suffix(".txt").write_text(said(case, shipped))
