"""``isotretinoin-cds test``: what the command runs, what it fails for, and what it refuses."""

from argparse import Namespace
from pathlib import Path

import pytest

from cds.authoring.test_run import run_tests
from cds.authoring.test_suite import ENDING
from cds.errors import StartError

PROFILE = "us-rems-2026"
RULE = "baseline-triglycerides"
FILE = f"rules/isotretinoin/{RULE}{ENDING}"


def args(*paths, rules=(), coverage=False):
    """Arguments as the command line gives them."""
    return Namespace(paths=[Path(each) for each in paths], rules=list(rules), profile=PROFILE, coverage=coverage)


@pytest.fixture
def rules_folder(tmp_path):
    """A copy of the pack without tests, as a folder for ``--rules``."""
    source = Path(__file__).parents[2] / "rules" / "isotretinoin"
    target = tmp_path / "rules" / "isotretinoin"
    for file in source.rglob("*.yaml"):
        if not file.name.endswith(ENDING) or file.name == "pack.test.yaml":
            copy = target / file.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
    return target.parent


def test_the_command_fails_for_a_rule_without_tests(rules_folder, capsys):
    assert run_tests(args(rules_folder / "isotretinoin" / f"{RULE}.yaml", rules=[rules_folder])) == 1
    assert f"{FILE}:1:1: FAIL {RULE} has no tests" in capsys.readouterr().out


def test_the_command_passes_and_its_gate_fails(rules_folder, capsys):
    file = rules_folder / "isotretinoin" / f"{RULE}{ENDING}"
    file.write_text(f"tests_for: {RULE}\ntests: [{{name: none, expect: {{finding: LIPID-01}}}}]\n")
    assert run_tests(args(file, rules=[rules_folder])) == 0
    assert run_tests(args(file, rules=[rules_folder], coverage=True)) == 1
    assert "what no test reaches" in capsys.readouterr().out


def test_the_command_cannot_run_a_broken_file(rules_folder, capsys):
    file = rules_folder / "isotretinoin" / f"{RULE}{ENDING}"
    file.write_text(f"tests_for: {RULE}\ntests: [{{name: none, expect: {{finding: LIPID-99}}}}]\n")
    assert run_tests(args(rules=[rules_folder])) == 2
    said = capsys.readouterr().err
    assert f"{FILE}:2:40: error[unknown-ending]" in said
    assert "^^^^^^^^" in said


def test_the_command_refuses_a_path_that_is_not_there():
    with pytest.raises(StartError, match="no such file"):
        run_tests(args("nowhere.test.yaml"))
