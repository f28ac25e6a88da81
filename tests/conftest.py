"""Fixtures for every part of the suite, and what becomes of tests that a computer cannot run.

No test is ever skipped. A test marked ``needs(NAME)`` of something that is not there is left out, and the summary says
so; with ``--nothing-left-out``, or with CI=true in the environment, the run has failed then. The conftest of a folder
tells in ``NEEDS`` by name how to get a thing and whether it is there; one that leaves out whole files tells in
``LACKING`` what is not there.
"""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from cds.content import find_content, read_content
from cds.facts.kinds import KINDS
from cds.language.load import content_hash, load_plan
from cds.language.report import Report

ROOT = Path(__file__).parent.parent
LEFT_OUT = pytest.StashKey[Counter[str]]()


def pytest_addoption(parser):
    """``--nothing-left-out``: what cannot run here is a failure."""
    parser.addoption("--nothing-left-out", action="store_true", help="fail when tests are left out (as with CI=true)")


def pytest_configure(config):
    """Nothing is left out so far."""
    config.stash[LEFT_OUT] = Counter()


def pytest_collection_modifyitems(config, items):
    """Leave out what needs something that is not there."""
    needs = {name: each for found in _told(config, "NEEDS") for name, each in found.items()}
    lacking = {name: how for name, (how, is_there) in needs.items() if not is_there()}
    out = {item: lacking[name] for item in items for name in _needed(item) if name in lacking}
    if out:
        items[:] = [item for item in items if item not in out]
        config.hook.pytest_deselected(items=list(out))
        config.stash[LEFT_OUT].update(out.values())
    if hasattr(config, "workeroutput"):
        config.workeroutput["left_out"] = dict(config.stash[LEFT_OUT])


def _told(config, name):
    """What the conftests tell under a name."""
    return [getattr(each, name) for each in config.pluginmanager.get_plugins() if getattr(each, name, None)]


def _needed(item):
    return [mark.args[0] for mark in item.iter_markers("needs")]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Each process of pytest-xdist collects everything: what one left out was left out by all."""
    node.config.stash[LEFT_OUT] = Counter(getattr(node, "workeroutput", {}).get("left_out", {}))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    """Where nothing may be left out, the run has failed if something was."""
    config = session.config
    if not hasattr(config, "workeroutput") and _must_be_whole(config) and _left_out(config) and not session.exitstatus:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    """Say what was left out, and why."""
    lines, fails = _left_out(config), _must_be_whole(config)
    for line in lines:
        terminalreporter.write_line(f"left out: {line}", red=fails, yellow=not fails)
    if lines and fails:
        terminalreporter.write_line("FAILED: with CI=true or --nothing-left-out nothing may be left out", red=True)


def _must_be_whole(config):
    return config.getoption("--nothing-left-out") or os.environ.get("CI", "").lower() in ("true", "1")


def _left_out(config):
    """Each thing that is lacking, with how many tests need it."""
    lines = [
        f"{count} test{'s that need' if count > 1 else ' that needs'} {how}"
        for how, count in sorted(config.stash[LEFT_OUT].items())
    ]
    lines += [f"every test that needs {' and '.join(each)}" for each in _told(config, "LACKING")]
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    skipped = len(reporter.stats.get("skipped", ())) if reporter is not None else 0
    return [*lines, *([f"{skipped} skipped"] if skipped else [])]


@pytest.fixture(scope="session")
def content():
    """All content files of the checkout, by relative path."""
    return read_content(find_content())


@pytest.fixture(scope="session")
def loaded(content):
    """The shipped plan under the profile of the United States, and the library from which it was compiled."""
    found = load_plan(content, KINDS, "isotretinoin", "us-rems-2026", Report())
    assert found is not None
    return found


@pytest.fixture(scope="session")
def plan(loaded):
    """The shipped plan."""
    return loaded[0]


@pytest.fixture(scope="session")
def wheel(content, tmp_path_factory):
    """The wheel of this checkout, beside the hash of the content of which it was built."""
    folder = tmp_path_factory.mktemp("wheel")
    command = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", str(ROOT), "--no-deps", "--quiet")
    done = subprocess.run(
        (*command, "--wheel-dir", str(folder)), capture_output=True, text=True, check=False, timeout=180
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "hash").write_text(content_hash(content))
    (built,) = folder.glob("*.whl")
    return built
