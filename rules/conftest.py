"""Collects the tests that stand beside rules: each one is a pytest item, and a rule without any is a failing item."""

from dataclasses import dataclass

import pytest

from cds.authoring.finds_run import find_failure, run_find
from cds.authoring.loopback import LoopbackFhir
from cds.authoring.test_evaluate import run_trial
from cds.authoring.test_pack import PACK_TESTS
from cds.authoring.test_report import failure, shown
from cds.authoring.test_suite import ENDING, load_suite
from cds.content import find_content, read_content
from cds.language.defaults import default_profile
from cds.language.report import Report

_SUITE = pytest.StashKey()
_NO_RULES = ("pack.yaml", "data.yaml")


class RuleTestFailedError(Exception):
    """A rule test that failed; its words are the whole report."""


@dataclass
class Suite:
    """All tests and all problems by the path of their file, and the FHIR server that the tests share."""

    tests: dict
    finds: dict
    problems: dict
    server: LoopbackFhir


def pytest_collect_file(file_path, parent):
    """A test file beside a rule; or the rule itself when it has no test file."""
    beside_facts = file_path.parent.name == "facts" and (file_path.parents[1] / "pack.yaml").exists()
    if beside_facts and file_path.name.endswith(ENDING):
        return FindTestFile.from_parent(parent, path=file_path)
    if file_path.suffix != ".yaml" or not (file_path.parent / "pack.yaml").exists():
        return None
    if file_path.name.endswith(ENDING):
        return None if file_path.name == PACK_TESTS else RuleTestFile.from_parent(parent, path=file_path)
    beside = file_path.with_name(file_path.stem + ENDING)
    if file_path.name in _NO_RULES or beside.exists():
        return None
    return UntestedRule.from_parent(parent, path=file_path)


def pytest_unconfigure(config):
    """Stop the server that the tests shared."""
    suite = config.stash.get(_SUITE, None)
    if suite is not None:
        suite.server.close()


def _suite(config):
    """Everything is read once, when the first test file is collected."""
    if _SUITE not in config.stash:
        report = Report()
        content = read_content(find_content())
        packs = load_suite(content, default_profile(content), report)
        problems = {}
        for each in report.found:
            problems.setdefault(each.at.file, []).append(shown(each))
        server = LoopbackFhir()
        server.start()
        tests = {each.path: each for pack in packs for each in pack.rules}
        finds = {each.path: each for pack in packs for each in pack.finds}
        config.stash[_SUITE] = Suite(tests, finds, problems, server)
    return config.stash[_SUITE]


class RuleTestFile(pytest.File):
    """The tests of one rule."""

    def collect(self):
        """Its tests; one item that says what is wrong, when it cannot be read."""
        suite = _suite(self.config)
        name = f"rules/{self.path.parent.name}/{self.path.name}"  # packs have files of the same name
        found, problems = suite.tests.get(name), suite.problems.get(name, [])
        if problems or found is None or not found.trials:
            words = "\n\n".join(problems) or f"{self.path.name}: no test in it can be run"
            yield FailedItem.from_parent(self, name="can be read", words=words)
        for trial in found.trials if found is not None else ():
            yield RuleTestItem.from_parent(self, name=trial.name, trial=trial)


class FindTestFile(pytest.File):
    """The tests of the retrieves of one file of facts."""

    def collect(self):
        """Its rows; one item that says what is wrong, when it cannot be read."""
        suite = _suite(self.config)
        path = f"rules/{self.path.parents[1].name}/facts/{self.path.name}"
        found, problems = suite.finds.get(path), suite.problems.get(path, [])
        if problems or found is None or not found.trials:
            words = "\n\n".join(problems) or f"{self.path.name}: no test in it can be run"
            yield FailedItem.from_parent(self, name="can be read", words=words)
            return
        for trial in found.trials:
            yield FindTestItem.from_parent(self, name=trial.name, trial=trial)


class UntestedRule(pytest.File):
    """A rule without a test file."""

    def collect(self):
        """One item that fails."""
        yield FailedItem.from_parent(self, name="has tests", words=f"{self.path.name} has no {ENDING} beside it")


class RuleTestItem(pytest.Item):
    """One rule test."""

    def __init__(self, *, trial, **more):
        super().__init__(**more)
        self.trial = trial

    def runtest(self):
        """Run it through prefetch and through searches."""
        result = run_trial(self.trial, _suite(self.config).server)
        if not result.passed:
            raise RuleTestFailedError(failure(result))

    def repr_failure(self, excinfo, style=None):
        """What differs, without a traceback."""
        if isinstance(excinfo.value, RuleTestFailedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self):
        """Where the test stands."""
        return self.path, self.trial.at.line - 1, self.trial.name


class FindTestItem(RuleTestItem):
    """One row of the tests of a retrieve."""

    def runtest(self):
        """Run it through prefetch and through a search."""
        found = run_find(self.trial, _suite(self.config).server)
        if not found.passed:
            raise RuleTestFailedError(find_failure(found))


class FailedItem(pytest.Item):
    """An item that fails with words."""

    def __init__(self, *, words, **more):
        super().__init__(**more)
        self.words = words

    def runtest(self):
        """Fail."""
        raise RuleTestFailedError(self.words)

    def repr_failure(self, excinfo, style=None):  # noqa: ARG002 - as pytest calls it
        """The words."""
        return str(excinfo.value)

    def reportinfo(self):
        """The file."""
        return self.path, 0, self.name
