"""Every command that reads rules, with a rule that cannot be read: findings and an exit code, never a traceback."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cds.cli import main

ROOT = Path(__file__).parents[2]
VIGNETTES = ROOT / "fixtures" / "vignettes"
REQUEST = str(min(VIGNETTES.glob("*.request.json")))
RULE = "isotretinoin/baseline-alt.yaml"
TOLD = f"{RULE}:1:7: error[quote] this quote is opened and not closed"
COMMANDS = {
    "check": ["check", "--rules", "RULES"],
    "test": ["test", "--rules", "RULES"],
    "fmt": ["fmt", "RULES"],
    "table": ["table", "baseline-alt", "--rules", "RULES"],
    "docs": ["docs", "OUT", "--rules", "RULES"],
    "diff": ["diff", str(ROOT / "rules"), "RULES"],
    "evaluate": ["evaluate", REQUEST, "--rules", "RULES"],
    "explain": ["explain", REQUEST, "--rules", "RULES"],
    "replay": ["replay", str(VIGNETTES), "--rules", "RULES"],
}


@pytest.fixture
def rules(tmp_path):
    """A copy of the rules, in which the quote behind the first key of one is not closed."""
    folder = tmp_path / "rules"
    shutil.copytree(ROOT / "rules", folder)
    (folder / RULE).write_text("rule: 'baseline-alt\ncases: [\n")
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_a_rule_that_cannot_be_read_is_a_finding(command, rules, tmp_path, capsys):
    """Told with its place, whatever was asked."""
    places = {"RULES": str(rules), "OUT": str(tmp_path / "book")}
    could_not_run = command == "test"  # which says 1 of tests that fail, and 2 where none could be run
    assert main([places.get(each, each) for each in COMMANDS[command]]) == (2 if could_not_run else 1)
    captured = capsys.readouterr()
    assert TOLD in captured.out + captured.err


def test_a_new_rule_is_not_written_into_a_broken_pack_in_silence(rules, monkeypatch, capsys):
    """`new` reads the pack that it adds to."""
    (rules / "isotretinoin" / "pack.yaml").write_bytes(bytes(range(256)))
    monkeypatch.chdir(rules.parent)
    code = main(["new", "rule", "yearly-visit", "--rules", str(rules)])
    captured = capsys.readouterr()
    assert code in (1, 2)
    assert captured.err.strip()


def test_a_folder_and_a_link_to_nothing_in_place_of_files_are_no_traceback(rules, capsys):
    """They are no content, so what named them says that it is missing; they are not laid out either."""
    (rules / RULE).unlink()
    (rules / RULE).mkdir()
    (rules / "valuesets" / "nothing.yaml").symlink_to(rules / "nowhere.yaml")
    assert main(["check", "--rules", str(rules)]) == 1
    assert "error[unknown-rule] no rule is called baseline-alt" in capsys.readouterr().out
    assert main(["fmt", "--check", str(rules)]) == 0


BODIES = {"binary": bytes(range(256)), "deep": b"[" * 10_000, "large": b"key: value\n" * 950_000}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_the_command_itself_ends_with_findings(body, rules):
    """In a process of its own: exit code 1, the place of the file, and nothing on the error output."""
    (rules / RULE).write_bytes(body)
    command = [sys.executable, "-m", "cds", "check", "--rules", str(rules)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stderr) == (1, "")
    assert f"rules/{RULE}:1:" in done.stdout
