"""``fmt``: one layout for all files, without a change of meaning, and without the loss of a comment."""

import argparse
import io
import random
import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds.authoring.fmt import run_fmt
from cds.authoring.fmt_comments import comments, read_document
from cds.authoring.fmt_format import format_file
from cds.authoring.fmt_scalar import written
from cds.authoring.fmt_write import write_document
from cds.content import find_content, read_content
from cds.language.node import plain
from cds.language.report import Report
from cds.language.yaml import read_yaml

ROOT = Path(__file__).parents[2]
FILES = read_content(find_content())
SHIPPED = sorted(name for name in FILES if name.endswith(".yaml"))
RULE = """\
rule: only
title: The only rule
version: 1.0.0
status: draft
topic: labs
applies: {phase: [initial, unknown]}
evidence: [label]
safety_critical: yes

cases:
  - when: {on_file: yes}
    silent: A result is on file.
"""


def meaning(words):
    report = Report()
    root = read_yaml("a.yaml", words.encode(), report)
    assert root is not None, [each.what for each in report.found]
    return plain(root)


def laid_out(words, name="rules/tiny/only.yaml"):
    found = format_file(name, words.encode(), FILES)
    assert found.found == (), [each.what for each in found.found]
    return found.layout.decode()


def fmt(*paths, **options):
    named = {"check": False, "diff": False, "name": None, "rules": [], **options}
    return run_fmt(argparse.Namespace(paths=[Path(path) for path in paths], **named))


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_content_is_laid_out(name):
    """Every file of rules/ and hooks/ is as ``fmt`` leaves it."""
    assert not format_file(name, FILES[name], FILES).differs


def test_the_example_of_a_site_file_is_laid_out():
    """With the columns of its comments."""
    source = (ROOT / "site.example.yaml").read_bytes()
    assert format_file("site.example.yaml", source, FILES).layout == source


def test_keys_stand_in_the_order_of_the_schema_with_their_comments():
    """A comment above a key, and one behind it, go where the key goes; what heads the file stays at its head."""
    words = """\
# yaml-language-server: $schema=../schema/rule.schema.json
# What heads the file.
title: The only rule
rule: only
cases:
  # why silence
  - silent: A result is on file.   # behind
    when: {on_file: yes}
# of the status
status: draft
topic: labs
version: 1.0.0
applies: {phase: [initial, unknown]}
evidence: [label]
safety_critical: yes
"""
    assert laid_out(words) == (
        "# yaml-language-server: $schema=../schema/rule.schema.json\n# What heads the file.\n"
        + RULE.replace("status:", "# of the status\nstatus:")
        .replace("  - when", "  # why silence\n  - when")
        .replace("on file.", "on file.   # behind")
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("title:   The only rule\n", "title: The only rule\n"),
        ("title: 'The only rule'\n", "title: The only rule\n"),
        ('title: "The only rule"\n', "title: The only rule\n"),
        ("title: The only\n  rule\n", "title: The only rule\n"),
        ("title:\n  The only rule\n", "title: The only rule\n"),
        ("title: >-\n  The only\n  rule\n", "title: >-\n  The only\n  rule\n"),
        ("title: |\n     A\n      B\n", "title: |\n  A\n   B\n"),
        ('title: "It\'s: so"\n', 'title: "It\'s: so"\n'),
        ('title: "so: it"\n', "title: 'so: it'\n"),
        ("title: '1.0'\n", "title: '1.0'\n"),
        ("title: 'yes'\n", "title: 'yes'\n"),
        ("title: '{word} first'\n", "title: '{word} first'\n"),
    ],
)
def test_scalars(before, after):
    """One blank, one line, and quotes only where a text would be another without them."""
    assert laid_out(RULE.replace("title: The only rule\n", before)) == RULE.replace("title: The only rule\n", after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("evidence: [ label,other ]\n", "evidence: [label, other]\n"),
        ("evidence: [label,\n  other]\n", "evidence: [label, other]\n"),
        ("evidence:\n- label\n- other\n", "evidence:\n  - label\n  - other\n"),
        ("evidence: [label, # first\n  other]\n", "evidence:\n  - label # first\n  - other\n"),
        ("evidence: [\n  # why\n  label\n  # end\n  ]\n", "evidence:\n  # why\n  - label\n  # end\n"),
        (
            "evidence: [" + "a" * 70 + ",\n " + "b" * 70 + "]\n",
            "evidence:\n  - " + "a" * 70 + "\n  - " + "b" * 70 + "\n",
        ),
        (
            "evidence: [" + "a" * 70 + ", " + "b" * 70 + "]\n",
            "evidence: [" + "a" * 70 + ", " + "b" * 70 + "]\n",
        ),
        ("evidence: # behind the key\n    - label\n", "evidence: # behind the key\n  - label\n"),
        ("\n\n\nevidence: [label]\n", "\nevidence: [label]\n"),
    ],
)
def test_lists_and_mappings(before, after):
    """Braces stay where the author has them; those over several lines close up, or become lines."""
    assert laid_out(RULE.replace("evidence: [label]\n", before)) == RULE.replace("evidence: [label]\n", after)


def test_a_comment_keeps_the_depth_at_which_it_stands():
    """At the end of a block it belongs to the block; at the margin, to what follows."""
    words = "valueset: a\ncodes:\n    - {code: A 1}\n    # last of the codes\n# of what was left out\nexclude: []\n"
    document = read_document(words)
    assert write_document(document) == words.replace("    ", "  ")


def test_a_broken_file_is_left_as_it_is(tmp_path, capsys):
    """And the findings say where it is broken, as those of ``check`` do."""
    path = tmp_path / "broken.yaml"
    path.write_text("rule: a\nrule:   b\n")
    assert fmt(path) == 1
    assert path.read_text() == "rule: a\nrule:   b\n"
    assert "broken.yaml:2:1: error[duplicate-key]" in capsys.readouterr().err


def test_a_file_with_unknown_keys_is_left_as_it_is():
    """Their place in the order is not known."""
    found = format_file("rules/tiny/only.yaml", (RULE + "unknown:  1\n").encode(), FILES)
    assert [each.id for each in found.found] == ["unknown-key"]
    assert found.layout == found.source


def test_a_file_of_another_kind_is_refused():
    """``fmt`` knows the files of rules and sites."""
    found = format_file("compose.yaml", b"services:  {}\n", FILES)
    assert [each.id for each in found.found] == ["unknown-kind"]


def test_a_form_whose_comment_would_be_lost_is_left_as_it_is():
    """A block text that counts its own blanks is written as a text in quotes, behind which no comment fits."""
    source = RULE.replace("title: The", "title: |2 # why\n    The").encode()
    assert b"|2 # why" in source
    found = format_file("rules/tiny/only.yaml", source, FILES)
    assert [each.id for each in found.found] == ["layout"]
    assert found.layout == source
    without = format_file("rules/tiny/only.yaml", source.replace(b" # why", b""), FILES)
    assert without.found == ()


def test_check_lists_and_writes_nothing(tmp_path, capsys):
    """Exit code 1, the file named; after ``fmt`` exit code 0."""
    path = tmp_path / "only.yaml"
    path.write_text(RULE.replace("title: ", "title:   "))
    before = path.read_bytes()
    assert (fmt(path, check=True), path.read_bytes()) == (1, before)
    assert "only.yaml: not in the canonical layout" in capsys.readouterr().out
    assert (fmt(path, diff=True), path.read_bytes()) == (0, before)
    assert "-title:   The only rule\n+title: The only rule\n" in capsys.readouterr().out
    assert (fmt(path), path.read_text()) == (0, RULE)
    assert fmt(path, check=True) == 0


def test_a_written_file_keeps_its_mode(tmp_path):
    """Who may read it does not change."""
    path = tmp_path / "only.yaml"
    path.write_text(RULE.replace("title: ", "title:   "))
    path.chmod(0o640)
    assert fmt(path) == 0
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["only.yaml"]


def test_a_folder_means_every_file_in_it(tmp_path, capsys):
    """All YAML files at any depth."""
    shutil.copytree(ROOT / "rules" / "isotretinoin", tmp_path / "pack")
    assert fmt(tmp_path, check=True) == 0
    path = tmp_path / "pack" / "facts" / "labs.yaml"
    path.write_text(path.read_text().replace("group: labs", "group:  labs"))
    assert fmt(tmp_path, check=True) == 1
    assert capsys.readouterr().out.splitlines() == [f"{path}: not in the canonical layout"]


@pytest.mark.parametrize("path", ["nowhere.yaml", "README.md"])
def test_what_has_no_layout_is_refused(path, capsys):
    """With a sentence and exit code 2."""
    assert fmt(ROOT / path) == 2
    assert capsys.readouterr().err.startswith("fmt: ")


def through_stdin(words, monkeypatch):
    monkeypatch.setattr(sys, "stdin", argparse.Namespace(buffer=io.BytesIO(words.encode())))
    return fmt("-", name="rules/tiny/only.yaml")


def test_an_editor_can_lay_out_what_is_not_saved(monkeypatch, capsysbinary):
    """From stdin to stdout."""
    assert through_stdin(RULE.replace("title: ", "title:   "), monkeypatch) == 0
    assert capsysbinary.readouterr().out.decode() == RULE


def test_an_editor_gets_a_broken_text_back(monkeypatch, capsysbinary):
    """Whole, with the findings on stderr."""
    assert through_stdin("rule: [\n", monkeypatch) == 1
    captured = capsysbinary.readouterr()
    assert captured.out == b"rule: [\n"
    assert b"rules/tiny/only.yaml:" in captured.err


def test_line_ends_of_another_system_become_line_feeds():
    """And nothing else changes."""
    assert laid_out(RULE.replace("\n", "\r\n")) == RULE


# ------------------------------------------------------------------ properties

TEXT = st.text(st.sampled_from("ab{}[],:#'\"?&*!|>%@`- \\\t\nü0.~<=\u2028"), max_size=8).filter(
    lambda words: words != "<<"  # a merge key, which the reader refuses
)


@given(TEXT, st.booleans())
def test_a_scalar_means_what_it_meant(value, flow):
    """Whatever stands in it, written from double quotes."""
    words = written(value, '"', flow=flow)
    assert "\n" not in words
    assert meaning(f"a: {{b: {words}}}\n" if flow else f"a:\n  b: {words}\n") == {"a": {"b": value}}


NODES = st.recursive(
    TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)


class Scribe:
    """Writes data as an author in a hurry would: any indentation, braces at times, comments everywhere."""

    def __init__(self, seed):
        self.chance = random.Random(seed)  # noqa: S311 - not for secrets
        self.counted = 0

    def remark(self):
        self.counted += 1
        return f"# {self.counted} it's: {{so}}"

    def above(self, indent):
        lines = ["", " " * indent + self.remark(), " " * self.chance.randint(0, 9) + self.remark()]
        return "".join(f"{each}\n" for each in self.chance.choices(lines, k=self.chance.choice((0, 0, 0, 1, 2))))

    def behind(self):
        return " " * self.chance.randint(1, 4) + self.remark() if self.chance.random() < 0.2 else ""

    def flow(self, node):
        if isinstance(node, str):
            return written(node, '"', flow=True)
        braces = "{}" if isinstance(node, dict) else "[]"
        parts = (
            [self.flow(key) + ": " + self.flow(value) for key, value in node.items()]
            if isinstance(node, dict)
            else [self.flow(each) for each in node]
        )
        gaps = [self.chance.choice((" ", " ", f" {self.remark()}\n{' ' * 40}")) for _ in parts]
        inside = "".join(
            f"{gap}{part}{',' if number < len(parts) else ''}"
            for number, (gap, part) in enumerate(zip(gaps, parts, strict=True), 1)
        )
        return f"{braces[0]}{inside} {braces[1]}"

    def value(self, node, indent):
        if isinstance(node, str) or not node or self.chance.random() < 0.3:
            return f" {self.flow(node)}{self.behind()}\n"
        return f"{self.behind()}\n{self.block(node, indent + self.chance.randint(1, 4))}"

    def block(self, node, indent):
        lines = []
        for each in node:
            lines.append(self.above(indent))
            if isinstance(node, dict):
                lines.append(" " * indent + written(each, '"', flow=False) + ":" + self.value(node[each], indent))
            else:
                lines.append(" " * indent + "-" + self.value(each, indent))
        return "".join(lines) + self.above(indent)


@given(st.dictionaries(TEXT, NODES, min_size=1, max_size=4), st.integers())
@settings(deadline=None)
def test_any_text_keeps_its_meaning_and_its_comments(data, seed):
    """And its layout has a layout that is no other."""
    words = Scribe(seed).block(data, 0)
    once = write_document(read_document(words))
    assert meaning(once) == meaning(words) == data
    assert Counter(comments(once)) == Counter(comments(words))
    assert write_document(read_document(once)) == once


@given(st.sampled_from(SHIPPED), st.integers())
@settings(deadline=None, max_examples=40)
def test_a_shipped_file_with_remarks_anywhere_keeps_them(name, seed):
    """Comments and blank lines put between its lines, and behind them."""
    if "counselling" in name:  # a text over several lines stands in it, and a # there would be text
        return
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    lines = []
    for line in FILES[name].decode().splitlines():
        depth = chance.choice((0, 2, 4, 6, len(line) - len(line.lstrip())))
        lines += chance.choice(([line], [line], ["", "", line], [" " * depth + f"# no {depth}", line]))
        if " #" not in line and not line.startswith("#") and chance.random() < 0.1:
            lines[-1] += "  # behind" if line.strip() else ""
    words = "\n".join(lines)
    once = laid_out(words, name)
    assert meaning(once) == meaning(words)
    assert Counter(comments(once)) == Counter(comments(words))
    assert laid_out(once, name) == once
