"""No test is skipped: what a computer cannot run is left out, said so, and a failure where nothing may be left out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CONFTEST = """
NEEDS = {"moon": ("the moon", lambda: False), "sun": ("the sun", lambda: True)}
LACKING = ["a whole folder"]
"""
TESTS = """
import pytest

@pytest.mark.needs("moon")
def test_a(): assert False

@pytest.mark.needs("moon")
def test_b(): assert False

@pytest.mark.needs("sun")
def test_c(): pass
"""


@pytest.fixture
def suite(tmp_path):
    """A suite with the conftest of ours above a folder of its own."""
    folder = tmp_path / "tests"
    (folder / "sky").mkdir(parents=True)
    (folder / "conftest.py").write_text((HERE.parent / "conftest.py").read_text())
    (folder / "sky" / "conftest.py").write_text(CONFTEST)
    (folder / "sky" / "test_sky.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = needs(name): as here\ntestpaths = tests tests/sky\n")
    return tmp_path


def run(suite, *options, ci=None):
    """Exit code and output of pytest on it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CI", "PYTEST"))}
    environment |= {"CI": ci} if ci is not None else {}
    command = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options)
    done = subprocess.run(command, cwd=suite, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize("options", [(), ("-n", "1")])
def test_what_is_left_out_is_said(suite, options):
    """In one process and in several, the summary counts what was left out and says what it needs."""
    code, said = run(suite, *options)
    assert code == 0, said
    assert "left out: 2 tests that need the moon" in said
    assert "left out: every test that needs a whole folder" in said
    assert "1 passed" in said
    assert "the sun" not in said


@pytest.mark.parametrize("how", [{"ci": "true"}, {"options": ("--nothing-left-out",)}])
@pytest.mark.parametrize("options", [(), ("-n", "1")])
def test_where_nothing_may_be_left_out_the_run_fails(suite, options, how):
    """CI=true and --nothing-left-out are for machines that have everything."""
    code, said = run(suite, *options, *how.get("options", ()), ci=how.get("ci"))
    assert code == 1, said
    assert "FAILED: with CI=true or --nothing-left-out nothing may be left out" in said


def test_a_skipped_test_is_left_out_too(suite):
    """A skip in the old way is not overlooked."""
    (suite / "tests" / "sky" / "conftest.py").unlink()
    (suite / "tests" / "sky" / "test_sky.py").write_text("import pytest\ndef test_a(): pytest.skip('no')\n")
    assert "left out: 1 skipped" in run(suite)[1]
    assert run(suite, "--nothing-left-out")[0] == 1


def test_with_everything_there_nothing_is_said(suite):
    """Where all is there, CI=true changes nothing."""
    (suite / "tests" / "sky" / "conftest.py").write_text('NEEDS = {"moon": ("", lambda: True)}\n')
    (suite / "tests" / "sky" / "test_sky.py").write_text(TESTS.replace("assert False", "pass"))
    code, said = run(suite, ci="true")
    assert code == 0, said
    assert "left out" not in said
