"""All rule tests of the content: found by convention beside the rules, read, and made ready to run."""

from __future__ import annotations

from collections.abc import Iterator
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
    reader = _Reader(files, library, report)
    return tuple(found for name in library.packs if (found := reader.pack(name, profile)) is not None)


class _Reader:
    def __init__(self, files: Files, library: Library, report: Report) -> None:
        self.files = files
        self.library = library
        self.report = report
        self._validator: Validator | None = None

    def pack(self, name: str, profile: str) -> PackTests | None:
        content = self.library.packs[name]
        folder = str(PurePosixPath(content.pack.at.file).parent)
        shared = self.file(f"{folder}/{PACK_TESTS}")
        common = read_common(shared)
        wanted = text(common.defaults.get("profile"), profile)
        if wanted not in content.profiles:
            wanted = next(iter(content.profiles), wanted)
        pack = TestedPack(self.library, name, wanted, self.report)
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


def written_facts(library: Library, pack: str) -> Iterator[tuple[str, Fields]]:
    """Fact definitions of a pack as they are written: full name and body, the pack's own and those of its rules."""
    content = library.packs[pack]
    for file in content.facts:
        yield from ((key.value, fields(node)) for key, node in fields(file.get("facts")))
    for rule in content.rules:
        name = text(rule.get("rule"))
        yield from ((f"{name}.{key.value}", fields(node)) for key, node in fields(rule.get("facts")))
