"""What the guide tells editors: its patterns read what ``check`` prints, and its globs find the schemas."""

import io
import json
import re
import sys
from argparse import Namespace
from datetime import date
from pathlib import Path

import pytest

from cds.authoring.check import run_check

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "rules" / "guide" / "editors.md").read_text(encoding="utf-8")
SETTINGS, TASKS = (json.loads(each) for each in re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL))
NAME = "rules/isotretinoin/baseline-alt.yaml"
BROKEN = {
    "form": ("version: 1.0.0", "version: v1"),
    "names": ("topic: labs", "topic: lab: [x"),
    "several": ("status: active", "status: activ\nstaus: active\ntitle: [a"),
    "warning": ("safety_critical: yes", "safety_critical: yes\nhistory: [{version: 1.1.0, date: 2026-11-24, "
                "changed: '[error] a:1:2: b', because: c}]"),
}  # fmt: skip


@pytest.fixture
def printed(monkeypatch, capsys):
    """What ``check -`` prints of a text: as an editor's task sees it, and the same findings as JSON."""

    def run(words, name=NAME):
        found = []
        for form in ("text", "json"):
            monkeypatch.setattr(sys, "stdin", Namespace(buffer=io.BytesIO(words.encode())))
            run_check(
                Namespace(name=name, today=date(2026, 11, 24), profile="us-rems-2026", paths=[Path("-")], format=form)
            )
            found.append(capsys.readouterr().out)
        return found[0], json.loads(found[1])

    return run


def matcher():
    """The pattern of the problem matcher, as a function of a line."""
    pattern = TASKS["tasks"][0]["problemMatcher"]["pattern"]
    expression = re.compile(pattern["regexp"])
    places = ("file", "line", "column", "severity", "code", "message")

    def read(line):
        found = expression.match(line)
        return tuple(found[pattern[each]] for each in places) if found else None

    return read


def errorformat():
    """The first pattern of Vim's errorformat, its items written as those of a regular expression."""
    written = re.search(r"&errorformat = '(.*?),%-G%\.%#'", GUIDE)[1]
    items = {"%f": "(.+?)", "%l": r"(\d+)", "%c": r"(\d+)", "%t": "(.)", "%m": "(.*)"}
    parts = re.split(r"(%\*\[[^\]]*\]|%[a-z])", written)
    made = (items.get(each) or (f"{each[2:]}+" if each.startswith("%*") else re.escape(each)) for each in parts)
    return re.compile(f"^{''.join(made)}$")


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_the_documented_patterns_read_every_finding_and_nothing_else(printed, change):
    """One line of each finding matches, with its place; source lines, remedies and the count match nothing."""
    saved = (ROOT / NAME).read_text(encoding="utf-8")
    assert change[0] in saved
    text, found = printed(saved.replace(*change, 1))
    expected = [(each["file"], each["line"], each["column"], each["severity"], each["id"]) for each in found]
    assert expected
    read, vim = matcher(), errorformat()
    lines = text.splitlines()
    matched = [each for each in map(read, lines) if each]
    assert [
        (file, int(line), int(column), severity, code) for file, line, column, severity, code, _ in matched
    ] == expected
    in_vim = [each for each in map(vim.match, lines) if each]
    assert [(each[1], int(each[2]), int(each[3]), each[4]) for each in in_vim] == [
        (file, line, column, severity[0]) for file, line, column, severity, _ in expected
    ]
    assert [each[5] for each in in_vim] == [each[5] for each in matched]


def fits(path, globs):
    """Whether a path fits any of the globs, and none that starts with an exclamation mark."""
    globs = [globs] if isinstance(globs, str) else globs

    def one(glob):
        parts = re.split(r"(\*\*/|\*)", glob)
        return re.fullmatch("".join({"**/": "(.*/)?", "*": "[^/]*"}.get(each, re.escape(each)) for each in parts), path)

    wanted = [each for each in globs if not each.startswith("!")]
    return any(map(one, wanted)) and not any(one(each[1:]) for each in globs if each.startswith("!"))


def test_the_documented_settings_give_each_file_of_a_pack_its_schema():
    """One schema, and the same that the file's first line names in the checkout."""
    pack = ROOT / "rules" / "acitretin"
    files = sorted(pack.rglob("*.yaml"))
    assert len(files) > 20
    for path in files:
        named = re.match(r"# yaml-language-server: \$schema=(?:\.\./)+schema/(\S+)", path.read_text(encoding="utf-8"))[
            1
        ]
        fitting = [
            schema
            for schema, globs in SETTINGS["yaml.schemas"].items()
            if fits(f"mine/drug/{path.relative_to(pack)}", globs)
        ]
        assert [each.rsplit("/", 1)[1] for each in fitting] == [named], path


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("mine/valuesets/alt.yaml", "valueset"),
        ("rules/valuesets/alt.yaml", "valueset"),
        ("rules/units.yaml", "units"),
        ("rules/systems.yaml", "systems"),
    ],
)
def test_the_documented_settings_find_files_without_a_first_line_of_their_own(path, schema):
    """Value sets, units and code systems."""
    fitting = [each for each, globs in SETTINGS["yaml.schemas"].items() if fits(path, globs)]
    assert [each.rsplit("/", 1)[1] for each in fitting] == [f"{schema}.schema.json"]
    assert all((ROOT / each.removeprefix("../isotretinoin-cds/")).is_file() for each in SETTINGS["yaml.schemas"])
