"""All rule tests of the content: found by convention beside the rules, read, and made ready to run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from cds.authoring.finds_file import FindTests, read_finds
from cds.authoring.test_file import Declared, WrittenFile, read_test_file
from cds.authoring.test_pack import PACK_TESTS, TestedPack
from cds.authoring.test_trial import Common, Trial, read_common, read_trials
from cds.facts.kinds import KINDS
from cds.language.load import Files, Library, read_library
from cds.language.node import Fields, Text, fields, text
from cds.language.pack import Compiled
from cds.language.report import Report
from cds.language.schema import Validator, check_structure, read_schema
from cds.language.yaml import read_yaml
from cds.values.diagnostic import Position

ENDING = ".test.yaml"
Tested = Callable[[str, str], TestedPack]
_USUAL_HOOK = "order-sign"


@dataclass(frozen=True)
class RuleTests:
    """The tests of one rule.

    Attributes:
        path: of the test file, or where it should be.
        rule: the rule's name.
        written: whether there is such a file.
        trials: its tests.
        file: as written; None when there is none that can be read.
    """

    path: str
    rule: str
    written: bool
    trials: tuple[Trial, ...]
    file: WrittenFile | None = None

    @property
    def survivors(self) -> tuple[Declared, ...]:
        """Changes of the rule that no test need notice."""
        return self.file.survivors if self.file is not None else ()

    @property
    def unreachable(self) -> tuple[Declared, ...]:
        """What of the rule no test can reach."""
        return self.file.unreachable if self.file is not None else ()


@dataclass(frozen=True)
class PackTests:
    """The tests of one pack, and the pack compiled under its usual profile.

    Attributes:
        path: of its ``pack.test.yaml``, or where it should be.
        names: what its tests can name, and its plans.
        common: what its tests have in common.
        survivors: changes of what its rules share that no test need notice.
        unreachable: what of that no test can reach.
        finds: the tests of its retrieves.
    """

    name: str
    path: str
    compiled: Compiled
    library: Library
    rules: tuple[RuleTests, ...]
    names: TestedPack
    common: Common
    survivors: tuple[Declared, ...] = ()
    unreachable: tuple[Declared, ...] = ()
    finds: tuple[FindTests, ...] = ()


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
            reader.form(path)


class _Forms:
    """Reads single test files."""

    def __init__(self, files: Files, report: Report) -> None:
        self.files = files
        self.report = report
        self._validators: dict[str, Validator] = {}

    def form(self, path: str) -> None:
        if PurePosixPath(path).parent.name == "facts":
            self.root(path, "finds")
        else:
            self.file(path)

    def file(self, path: str) -> WrittenFile | None:
        root = self.root(path, "test") if path in self.files else None
        if root is None:
            return None
        found = read_test_file(path, root, self.report)
        self.check_place(path, root)
        return found

    def root(self, path: str, kind: str) -> Fields | None:
        root = read_yaml(path, self.files[path], self.report)
        if root is None:
            return None
        if not isinstance(root, Fields):
            self.report.error("structure", root.at, "the file is not a mapping of keys", remedy="Write key: value.")
            return None
        return root if check_structure(root, self.validator(kind), self.report) else None

    def check_place(self, path: str, root: Fields) -> None:
        """Defaults stand in the pack's own test file, and tests do not."""
        of_pack = path.endswith(f"/{PACK_TESTS}")
        for key, _ in root:
            if of_pack and key.value in ("tests", "tables"):
                self.report.error("no-rule", key.at, "tests stand beside the rule that they test")
            if not of_pack and key.value == "defaults":
                self.report.error("defaults", key.at, f"defaults stand in {PACK_TESTS}")

    def validator(self, kind: str) -> Validator:
        if kind not in self._validators:
            path = f"rules/schema/{kind}.schema.json"
            self._validators[kind] = read_schema(path, self.files.get(path), self.report)
        return self._validators[kind]


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
        beside = {f"{each.at.file.removesuffix('.yaml')}{ENDING}": each for each in content.facts}
        known = {f"{folder}/{each}{ENDING}" for each in names} | {f"{folder}/{PACK_TESTS}", *beside}
        for path in self.files:
            if path.startswith(f"{folder}/") and path.endswith(ENDING) and path not in known:
                self.report.error(
                    "no-rule",
                    Position(path, 1, 1),
                    f"{path} stands beside no rule and no facts of that name",
                    "It would never run.",
                )
        rules = tuple(self.rule(folder, each, common, pack) for each in names)
        finds = tuple(
            found
            for path, facts in beside.items()
            if path in self.files and (found := self.finds(path, facts, common, pack)) is not None
        )
        lists = (shared.survivors, shared.unreachable) if shared is not None else ((), ())
        return PackTests(name, f"{folder}/{PACK_TESTS}", compiled, self.library, rules, pack, common, *lists, finds)

    def finds(self, path: str, facts: Fields, common: Common, pack: TestedPack) -> FindTests | None:
        root = self.root(path, "finds")
        if root is None:
            return None
        named, beside = root.get("finds_for"), PurePosixPath(facts.at.file).stem
        if not isinstance(named, Text) or named.value != beside:
            at = named.at if named is not None else root.at
            self.report.error("file-name", at, f"tests for {text(named)} stand beside the facts {beside}")
            return None
        hook = pack.hook(Text(root.at, text(common.defaults.get("hook"), _USUAL_HOOK)))
        return read_finds(root, path, facts, common, pack, hook) if hook is not None else None

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
        return RuleTests(path, name, True, trials, written)


def written_facts(library: Library, pack: str) -> Iterator[tuple[str, Fields]]:
    """Fact definitions of a pack as they are written: full name and body, the pack's own and those of its rules."""
    content = library.packs[pack]
    for file in content.facts:
        yield from ((key.value, fields(node)) for key, node in fields(file.get("facts")))
    for rule in content.rules:
        name = text(rule.get("rule"))
        yield from ((f"{name}.{key.value}", fields(node)) for key, node in fields(rule.get("facts")))
