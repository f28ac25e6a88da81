"""``check`` of a text that an editor has not saved."""

import argparse
import io
import json
import sys
from datetime import date
from pathlib import Path

import pytest

from cds.authoring.check import run_check

ROOT = Path(__file__).parents[2]
NAME = "rules/isotretinoin/baseline-alt.yaml"


@pytest.fixture
def check(monkeypatch):
    """Check a text on stdin under one profile."""

    def run(words, name, **options):
        monkeypatch.setattr(sys, "stdin", argparse.Namespace(buffer=io.BytesIO(words.encode())))
        named = {"today": date(2026, 11, 24), "profile": "us-rems-2026", "paths": [], "stdin": True, **options}
        return run_check(argparse.Namespace(name=name, **named))

    return run


def test_the_text_counts_in_place_of_the_file(check, capsys):
    """Findings of the text, by the name of its file, which is not changed."""
    saved = (ROOT / NAME).read_text()
    assert check(saved.replace("topic: labs", "topic: lab"), NAME, format="json") == 1
    found = json.loads(capsys.readouterr().out)
    assert [(each["file"], each["line"], each["id"]) for each in found] == [(NAME, 6, "unknown-topic")]
    assert (ROOT / NAME).read_text() == saved
    assert check(saved, NAME, stdin=False, paths=[Path("-")]) == 0
    assert capsys.readouterr().out.startswith("No findings: ")


def test_a_file_that_is_not_there_yet_can_be_checked(check, capsys):
    """As soon as it has a name."""
    words = (ROOT / NAME).read_text().replace("rule: baseline-alt", "rule: other")
    assert check(words, "rules/isotretinoin/other.yaml") == 1
    assert "rules/isotretinoin/other.yaml:2:7: error[unlisted-rule]" in capsys.readouterr().out


def test_errors_elsewhere_are_counted_and_not_listed(check, capsys):
    """A rule that lacks a fact of this file is another file's finding."""
    assert check("facts: {}\n", "rules/isotretinoin/facts/labs.yaml") == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "elsewhere; until then not all was looked at" in captured.err


def test_a_file_of_tests_is_checked_for_its_form_and_names(check, capsys):
    """It is not run."""
    name = NAME.replace(".yaml", ".test.yaml")
    saved = (ROOT / name).read_text()
    assert check(saved, name) == 0
    capsys.readouterr()
    assert check(saved.replace("- alt:", "- alz:", 1), name) == 1
    assert f"{name}:8:9: error" in capsys.readouterr().out


@pytest.mark.parametrize("name", [None, "README.md", "/etc/hosts.yaml"])
def test_a_text_of_no_content_is_refused(name, check, capsys):
    """With a sentence and exit code 2."""
    assert check("a: 1\n", name) == 2
    assert capsys.readouterr().err.startswith("check: ")
