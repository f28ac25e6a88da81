"""What the tests of one pack can name: retrieves, groups, codes, facts; and its plans, by profile and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cds.language.fact import Fact
from cds.language.group import DataGroup
from cds.language.hook import Hook
from cds.language.literals import read_code
from cds.language.load import Library, compile_plan
from cds.language.node import Fields, Node, Text, fields, text, texts
from cds.language.pack import Compiled, PackFiles
from cds.language.plan import Rule
from cds.language.prove import Proofs
from cds.language.report import Report, did_you_mean
from cds.language.retrieve import Retrieve
from cds.values.codes import CodeSet
from cds.values.diagnostic import Position
from cds.values.quantity import UnitTable

PACK_TESTS = "pack.test.yaml"


@dataclass(frozen=True)
class Setup:
    """A plan under which tests run: a profile, and parameters set as a site might set them.

    Attributes:
        rule: the rule under test, whose own parameters go before those of the pack; empty without parameters.
    """

    profile: str
    parameters: tuple[tuple[str, str], ...] = ()
    rule: str = ""


class TestedPack:
    """The names of a pack, with did-you-mean for those that are none.

    Args:
        library: the content, structurally sound.
        name: of the pack.
        profile: under which names are looked up; they are the same under every profile.
        report: takes what is wrong.
    """

    __test__ = False

    def __init__(self, library: Library, name: str, profile: str, report: Report) -> None:
        self.library = library
        self.name = name
        self.profile = profile
        self.report = report
        self._proofs = Proofs(report)
        self._compiled: dict[Setup, Compiled | None] = {}
        self._definitions = {
            key.value: fields(node) for file in self.files.facts for key, node in fields(file.get("retrieves"))
        }

    def afresh(self, report: Report) -> TestedPack:
        """The same names and plans, with another report: what is tried out must not be reported as wrong."""
        other = TestedPack(self.library, self.name, self.profile, report)
        other._compiled = {setup: found for setup, found in self._compiled.items() if found is not None}
        return other

    @property
    def files(self) -> PackFiles:
        """Its files, parsed."""
        return self.library.packs[self.name]

    @property
    def units(self) -> UnitTable:
        """The units that quantities are written in."""
        return self.library.shared.units

    def base(self) -> Compiled | None:
        """The pack compiled under its usual profile."""
        return self.compiled(Setup(self.profile), {})

    def compiled(self, setup: Setup, parameters: Mapping[str, Text]) -> Compiled | None:
        """The pack compiled under a setup, once; None when something is wrong, which is reported.

        Args:
            setup: profile and parameters.
            parameters: the parameters again, with their places.
        """
        if setup not in self._compiled:
            before = self.report.errors
            library = self.library
            if parameters:
                changed = with_parameters(self.files, setup, parameters)
                library = replace(library, packs={**library.packs, self.name: changed})
            found = compile_plan(library, self.name, setup.profile, self.report, proofs=self._proofs)
            self._compiled[setup] = found if self.report.errors == before else None
        return self._compiled[setup]

    # ----------------------------------------------------------------- names

    def retrieve(self, name: Text) -> Retrieve | None:
        """The retrieve of a data line."""
        compiled = self.base()
        known = compiled.scope.names.retrieves if compiled is not None else {}
        found = known.get(name.value)
        if found is None:
            advice = did_you_mean(name.value, [*known, "patient"])
            self.report.error("unknown-retrieve", name.at, f"no retrieve is called {name.value}", remedy=advice)
        return found

    def first_written(self, retrieve: Retrieve, key: str) -> str:
        """The first word that an author wrote under a key of a retrieve; compiled retrieves keep no order."""
        several = texts(self._definitions.get(retrieve.name, Fields(retrieve.at)).get(key))
        return several[0].value if several else ""

    def first_performer(self, retrieve: Retrieve) -> str:
        """The first performer of a retrieve's setting."""
        setting = fields(self._definitions.get(retrieve.name, Fields(retrieve.at)).get("setting"))
        several = texts(setting.get("performer"))
        return several[0].value if several else ""

    def groups(self) -> Mapping[str, DataGroup]:
        """The data groups by name."""
        compiled = self.base()
        return compiled.plan.groups if compiled is not None else {}

    def hook(self, name: Text) -> Hook | None:
        """A hook by name."""
        found = self.library.hooks.get(name.value)
        if found is None:
            advice = did_you_mean(name.value, self.library.hooks)
            self.report.error("unknown-hook", name.at, f"no hook is called {name.value}", remedy=advice)
        return found

    def has_profile(self, name: Text) -> bool:
        """Whether the pack has a profile; False after a message."""
        if name.value in self.files.profiles:
            return True
        advice = did_you_mean(name.value, self.files.profiles)
        self.report.error("unknown-profile", name.at, f"no profile is called {name.value}", remedy=advice)
        return False

    def rule(self, name: Text, plan_rules: tuple[Rule, ...]) -> Rule | None:
        """A rule by name."""
        found = {rule.name: rule for rule in plan_rules}
        if name.value not in found and name.value in {text(file.get("rule")) for file in self.files.rules}:
            what = f"{name.value} is off under the profile of this test"
            self.report.error("rule-off", name.at, what, remedy="Write profile: with one that enables it.")
        elif name.value not in found:
            advice = did_you_mean(name.value, found)
            self.report.error("unknown-rule", name.at, f"no rule is called {name.value}", remedy=advice)
        return found.get(name.value)

    def coding(self, code: Text, preferred: CodeSet | None = None) -> dict[str, Any] | None:
        """A Coding from ``SYSTEM CODE``, with its display where a value set has one; None after a message."""
        found = read_code(code.value)
        systems = self.library.shared.systems
        if found is None or found[0] not in systems:
            advice = did_you_mean(code.value.partition(" ")[0], systems) or "Write it as SYSTEM CODE."
            self.report.error("code-form", code.at, f"{code.value!r} is no code of a known system", remedy=advice)
            return None
        coding = {"system": systems[found[0]].url, "code": found[1]}
        display = self._display(code.value, preferred)
        return {**coding, "display": display} if display else coding

    def _display(self, short: str, preferred: CodeSet | None) -> str:
        sets = [each.codes for each in self.library.shared.value_sets.values()]
        for codes in [preferred, *sets] if preferred is not None else sets:
            for line in codes.lines if codes is not None else ():
                if line.short == short:
                    return line.display
        return ""

    def system(self, name: Text) -> str:
        """The URL of a code system by its short name, or as it is written out; empty after a message."""
        if ":" in name.value:
            return name.value
        found = self.library.shared.systems.get(name.value)
        if found is None:
            advice = did_you_mean(name.value, self.library.shared.systems)
            self.report.error("unknown-system", name.at, f"no code system is called {name.value}", remedy=advice)
        return found.url if found is not None else ""


def fact_of(name: Text, rule: Rule, compiled: Compiled, report: Report) -> Fact | None:
    """A fact by the name that its rule uses: the rule's own before the pack's; None after a message."""
    own = {fact.name.rpartition(".")[2]: fact for fact in rule.facts}
    found = own.get(name.value) or compiled.scope.find_fact(name.value, name)
    if found is None:
        shared = {fact.name for fact in compiled.scope.all_facts()}
        report.error(
            "unknown-fact", name.at, f"no fact is called {name.value}", remedy=did_you_mean(name.value, {*own, *shared})
        )
    return found


def with_parameters(files: PackFiles, setup: Setup, parameters: Mapping[str, Text]) -> PackFiles:
    """The pack's files with a profile that sets the parameters, of the rule under test or else of the pack."""
    chosen = files.profiles.get(setup.profile)
    if chosen is None:
        return files
    own = {
        key.value
        for rule in files.rules
        if text(rule.get("rule")) == setup.rule
        for key, _ in fields(rule.get("parameters"))
    }
    for name, value in parameters.items():
        path = ("rules", setup.rule, name) if name in own else ("parameters", name)
        chosen = _set(chosen, path, value)
    return replace(files, profiles={**files.profiles, setup.profile: chosen})


def _set(node: Fields, path: tuple[str, ...], value: Text) -> Fields:
    name, rest = path[0], path[1:]
    inner: Node = _set(fields(node.get(name)), rest, value) if rest else value
    at = value.at if node.at == Position("", 0, 0) else node.at
    return Fields(at, {**node.keys, name: Text(value.at, name)}, {**node.values, name: inner})
