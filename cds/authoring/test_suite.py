"""All rule tests of the content: found by convention beside the rules, read, and made ready to run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from cds.authoring.test_file import Declared, WrittenFile, read_test_file
from cds.authoring.test_pack import PACK_TESTS, TestedPack
from cds.authoring.test_trial import Common, Trial, read_common, read_trials
from cds.facts.kinds import KINDS
from cds.language.load import Files, Library, read_library
from cds.language.node import Fields, fields, text
from cds.language.pack import Compiled
from cds.language.report import Report
from cds.language.schema import Validator, check_structure, read_schema
from cds.language.yaml import read_yaml
from cds.values.diagnostic import Position

ENDING = ".test.yaml"
Tested = Callable[[str, str], TestedPack]
_SCHEMA = "rules/schema/test.schema.json"


@dataclass(frozen=True)
class RuleTests:
    """The tests of one rule.

    Attributes:
        path: of the test file, or where it should be.
        rule: the rule's name.
        written: whether there is such a file.
        trials: its tests.
        survivors: changes of the rule that no test need notice.
        unreachable: what of it no test can reach.
    """

    path: str
    rule: str
    written: bool
    trials: tuple[Trial, ...]
    survivors: tuple[Declared, ...] = ()
    unreachable: tuple[Declared, ...] = ()


@dataclass(frozen=True)
class PackTests:
    """The tests of one pack, and the pack compiled under its usual profile.

    Attributes:
        survivors: changes of what its rules share that no test need notice.
        unreachable: what of that no test can reach.
    """

    name: str
    compiled: Compiled
    library: Library
    rules: tuple[RuleTests, ...]
    survivors: tuple[Declared, ...] = ()
    unreachable: tuple[Declared, ...] = ()


def load_suite(files: Files, profile: str, report: Report) -> tuple[PackTests, ...]:
    """Read all rule tests; whatever is wrong with rules or tests is reported, and only what is sound comes back.

    Args:
        files: all content files by relative path.
        profile: under which tests run that name no other.
        report: takes what is wrong.
    """
    library = read_library(files, KINDS, report)
    if report.errors:
        return ()
    return read_suite(files, library, profile, report, lambda name, usual: TestedPack(library, name, usual, report))


def read_suite(files: Files, library: Library, profile: str, report: Report, tested: Tested) -> tuple[PackTests, ...]:
    """Read all rule tests of a library without errors.

    Args:
        files: all content files by relative path.
        library: the same, read.
        profile: under which tests run that name no other.
        report: takes what is wrong.
        tested: makes of a pack's name, and of its usual profile, what its tests look names up in.
    """
    reader = _Reader(files, library, report, tested)
    return tuple(found for name in library.packs if (found := reader.pack(name, profile)) is not None)


def read_forms(files: Files, report: Report) -> None:
    """Report what is wrong with the form of test files, while errors elsewhere leave their names undefined."""
    reader = _Forms(files, report)
    for path in sorted(files):
        if path.endswith(ENDING):
            reader.file(path)


class _Forms:
    """Reads single test files."""

    def __init__(self, files: Files, report: Report) -> None:
        self.files = files
        self.report = report
        self._validator: Validator | None = None

    def file(self, path: str) -> WrittenFile | None:
        if path not in self.files:
            return None
        root = read_yaml(path, self.files[path], self.report)
        if root is None:
            return None
        if not isinstance(root, Fields):
            self.report.error("structure", root.at, "the file is not a mapping of keys", remedy="Write key: value.")
            return None
        if not check_structure(root, self.validator(), self.report):
            return None
        found = read_test_file(path, root, self.report)
        self.check_place(path, root)
        return found

    def check_place(self, path: str, root: Fields) -> None:
        """Defaults stand in the pack's own test file, and tests do not."""
        of_pack = path.endswith(f"/{PACK_TESTS}")
        for key, _ in root:
            if of_pack and key.value in ("tests", "tables"):
                self.report.error("no-rule", key.at, "tests stand beside the rule that they test")
            if not of_pack and key.value == "defaults":
                self.report.error("defaults", key.at, f"defaults stand in {PACK_TESTS}")

    def validator(self) -> Validator:
        if self._validator is None:
            self._validator = read_schema(_SCHEMA, self.files.get(_SCHEMA), self.report)
        return self._validator


class _Reader(_Forms):
    """Reads the tests of packs."""

    def __init__(self, files: Files, library: Library, report: Report, tested: Tested) -> None:
        super().__init__(files, report)
        self.library = library
        self.tested = tested

    def pack(self, name: str, profile: str) -> PackTests | None:
        content = self.library.packs[name]
        folder = str(PurePosixPath(content.pack.at.file).parent)
        shared = self.file(f"{folder}/{PACK_TESTS}")
        common = read_common(shared)
        wanted = text(common.defaults.get("profile"), profile)
        if wanted not in content.profiles:
            wanted = next(iter(content.profiles), wanted)
        pack = self.tested(name, wanted)
        compiled = pack.base()
        if compiled is None:
            return None
        names = [text(rule.get("rule")) for rule in content.rules]
        known = {f"{folder}/{each}{ENDING}" for each in names} | {f"{folder}/{PACK_TESTS}"}
        for path in self.files:
            if path.startswith(f"{folder}/") and path.endswith(ENDING) and path not in known:
                self.report.error(
                    "no-rule", Position(path, 1, 1), f"{path} stands beside no rule of that name", "It would never run."
                )
        rules = tuple(self.rule(folder, each, common, pack) for each in names)
        lists = (shared.survivors, shared.unreachable) if shared is not None else ((), ())
        return PackTests(name, compiled, self.library, rules, *lists)

    def rule(self, folder: str, name: str, common: Common, pack: TestedPack) -> RuleTests:
        path = f"{folder}/{name}{ENDING}"
        written = self.file(path)
        if written is None:
            return RuleTests(path, name, path in self.files, ())
        if written.subject.value != name:
            what = f"tests for {written.subject.value} stand beside the rule {name}"
            self.report.error("file-name", written.subject.at, what)
            return RuleTests(path, name, True, ())
        trials = read_trials(written, common, pack, f"{pack.name}-{name}")
        return RuleTests(path, name, True, trials, written.survivors, written.unreachable)


def written_facts(library: Library, pack: str) -> Iterator[tuple[str, Fields]]:
    """Fact definitions of a pack as they are written: full name and body, the pack's own and those of its rules."""
    content = library.packs[pack]
    for file in content.facts:
        yield from ((key.value, fields(node)) for key, node in fields(file.get("facts")))
    for rule in content.rules:
        name = text(rule.get("rule"))
        yield from ((f"{name}.{key.value}", fields(node)) for key, node in fields(rule.get("facts")))
