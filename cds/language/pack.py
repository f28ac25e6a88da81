"""Compiles a pack under one profile into a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cds.language.doubt import check_doubts
from cds.language.fact import Fact, KindTable, closure
from cds.language.group import DataGroup
from cds.language.node import NONE, Fields, Node, Text, fields, items, text, texts
from cds.language.parameters import Layer, Parameter, check_names, read_parameters
from cds.language.plan import OFF, Note, Plan, Rule
from cds.language.profile import profile_layer, read_profile
from cds.language.report import Report, did_you_mean
from cds.language.retrieves import read_drug, read_reading, read_retrieve
from cds.language.rule import Shelf, read_rule
from cds.language.ruleset import check_ids, check_topics, in_order
from cds.language.scope import Condition, Names, Scope
from cds.language.shelf import (
    read_evidence,
    read_groups,
    read_overrides,
    read_suggestions,
    read_topics,
    with_codes,
)
from cds.language.template import Template, read_template
from cds.language.terminology import System, ValueSet
from cds.values.known import UNKNOWN
from cds.values.quantity import UnitTable


@dataclass(frozen=True)
class PackFiles:
    """The parsed files of one pack: ``pack.yaml``, ``data.yaml``, ``facts/*``, the rules, the profiles by name."""

    pack: Fields
    data: Fields
    facts: tuple[Fields, ...]
    rules: tuple[Fields, ...]
    profiles: Mapping[str, Fields]


@dataclass(frozen=True)
class Shared:
    """What all packs share: systems, units, value sets, words, fact kinds, hooks, and the content's hash."""

    systems: Mapping[str, System]
    units: UnitTable
    value_sets: Mapping[str, ValueSet]
    words: Mapping[str, str]
    kinds: KindTable
    hooks: tuple[str, ...]
    content_hash: str


@dataclass(frozen=True)
class Compiled:
    """A plan with what the lints want to know beside it."""

    plan: Plan
    scope: Scope
    used: frozenset[str]


def compile_pack(
    files: PackFiles, shared: Shared, profile_name: str, report: Report, layers: Sequence[Layer] = ()
) -> Compiled | None:
    """Compile a pack; None when its head is too broken to go on. The plan counts only if no error was reported.

    ``layers`` are the parameter values of a site and a client, which go before those of the profile.
    """
    profile_file = files.profiles.get(profile_name)
    if profile_file is None:
        at = files.pack.at
        advice = did_you_mean(profile_name, files.profiles)
        report.error("unknown-profile", at, f"no profile is called {profile_name}", remedy=advice)
        return None
    return _Compiler(files, shared, profile_file, report, layers).compile()


class _Compiler:
    def __init__(
        self, files: PackFiles, shared: Shared, profile: Fields, report: Report, layers: Sequence[Layer]
    ) -> None:
        self.files = files
        self.shared = shared
        self.report = report
        self.profile_file = profile
        self.profile = read_profile(profile)
        self.layers = (profile_layer(profile), *layers)
        self.groups = read_groups(fields(files.data.get("groups")))
        self.names = Names(
            report,
            shared.kinds,
            shared.units,
            shared.value_sets,
            {name: group.type for name, group in self.groups.items()},
            words=shared.words,
        )

    def compile(self) -> Compiled | None:
        scope = self.pack_scope()
        phase = self.phase_fact(scope)
        if phase is None:
            return None
        shelf = self.shelf(phase)
        rules = self.rules(scope, shelf)
        scope.all_facts()
        groups = with_codes(
            self.groups,
            fields(self.files.data.get("groups")),
            self.names.retrieves.values(),
            self.shared.value_sets,
            self.report,
        )
        plan = self.plan(scope, shelf, phase, rules, groups)
        return Compiled(plan, scope, frozenset(self.names.used)) if plan is not None else None

    # ------------------------------------------------------------------ names

    def pack_scope(self) -> Scope:
        definitions = self.merged("facts")
        overrides = [(each.origin, each.shared) for each in self.layers]
        parameters = read_parameters(self.merged("parameters"), overrides, self.names.scales, self.report)
        check_names(overrides, parameters, "", self.report)
        scope = Scope(self.names, definitions, parameters)
        for key, node in fields(self.files.pack.get("drugs")):
            drug = read_drug(key, fields(node), scope)
            if drug is not None:
                self.names.drugs[key.value] = drug
        for key, node in self.merged("readings"):
            self.names.readings[key.value] = read_reading(fields(node), scope)
        types = {name: group.type for name, group in self.groups.items()}
        for key, node in self.merged("retrieves"):
            retrieve = read_retrieve(key, fields(node), types, scope)
            if retrieve is not None:
                self.names.retrieves[key.value] = retrieve
        return scope

    def merged(self, section: str) -> Fields:
        keys: dict[str, Text] = {}
        values: dict[str, Node] = {}
        for file in self.files.facts:
            for key, node in fields(file.get(section)):
                if key.value in keys:
                    first = keys[key.value].at
                    self.report.error("defined-twice", key.at, f"{key.value} is defined in {first} already")
                    continue
                keys[key.value], values[key.value] = key, node
        return Fields(self.files.pack.at, keys, values)

    def phase_fact(self, scope: Scope) -> Fact | None:
        node = self.files.pack.get("phase")
        return scope.fact(node) if isinstance(node, Text) else None

    def shelf(self, phase: Fact) -> Shelf:
        pack = self.files.pack
        check_topics(pack, self.report)
        return Shelf(
            topics=tuple(topic.code for topic in read_topics(fields(pack.get("topics")))),
            phases=phase.domain,
            evidence=read_evidence(fields(pack.get("evidence"))),
            evidence_here={
                key.value: tuple(each.value for each in texts(node))
                for key, node in fields(self.profile_file.get("evidence"))
            },
            overrides=read_overrides(fields(pack.get("overrides")), text(pack.get("override_system"))),
            suggestions=read_suggestions(fields(pack.get("suggestions")), self.shared.systems, self.report),
            words=self.profile.words,
        )

    # ------------------------------------------------------------------ rules

    def rules(self, scope: Scope, shelf: Shelf) -> tuple[Rule, ...]:
        settings = fields(self.profile_file.get("rules"))
        enabled = {each.value: each for each in texts(self.profile_file.get("enables"))}
        by_profile = {text(file.get("rule")) for file in self.files.rules if text(file.get("enabled")) == "by profile"}
        found: list[Rule] = []
        for file in self.files.rules:
            name = text(file.get("rule"))
            rule = read_rule(file, scope, shelf, [(each.origin, each.rules.get(name, NONE)) for each in self.layers])
            if rule is not None:
                found.append(rule)
        known = {text(file.get("rule")) for file in self.files.rules}
        for key in (*(key for key, _ in settings), *enabled.values()):
            if key.value not in known:
                advice = did_you_mean(key.value, known)
                self.report.error("unknown-rule", key.at, f"no rule is called {key.value}", remedy=advice)
        in_force = [rule for rule in found if rule.name in enabled or rule.name not in by_profile]
        check_ids(in_force, found, self.report)
        check_doubts(self.profile_file, in_force, self.report)
        return in_order(in_force, texts(self.files.pack.get("rules")), known, self.report)

    # ------------------------------------------------------------------- plan

    def plan(
        self, scope: Scope, shelf: Shelf, phase: Fact, rules: tuple[Rule, ...], groups: Mapping[str, DataGroup]
    ) -> Plan | None:
        pack = self.files.pack
        trigger = fields(pack.get("trigger"))
        drug = self.names.drugs.get(text(trigger.get("drug")))
        if drug is None:
            self.report.error("unknown-drug", trigger.at, "the trigger names no drug of this pack")
            return None
        hooks = tuple(each.value for each in texts(pack.get("hooks")))
        for each in texts(pack.get("hooks")):
            if each.value not in self.shared.hooks:
                advice = did_you_mean(each.value, self.shared.hooks)
                self.report.error("unknown-hook", each.at, f"no hook is called {each.value}", remedy=advice)
        notes = tuple(
            note for node in items(pack.get("notes")) if (note := self.note(fields(node), scope, shelf)) is not None
        )
        shows = self.shows(pack, phase)
        return Plan(
            name=text(pack.get("pack")),
            title=text(pack.get("title")),
            version=text(pack.get("version")),
            profile=self.profile,
            drug=drug,
            ignored_statuses=_set(trigger.get("ignored_statuses")),
            tentative_intents=_set(trigger.get("tentative_intents")),
            tentative_hooks=_set(trigger.get("tentative_hooks")),
            topics=read_topics(fields(pack.get("topics"))),
            hooks=hooks,
            phase=phase,
            shows=shows,
            withhold={key.value: _set(fields(node).get("beside")) for key, node in fields(pack.get("withhold"))},
            notes=notes,
            rules=rules,
            groups=groups,
            coded={
                name: tuple(each for each in self.names.retrieves.values() if name in each.groups and each.codes)
                for name in groups
            },
            words=self.shared.words,
            topic_system=text(pack.get("topic_system")),
            service_titles=_services(fields(pack.get("services"))),
            needs={hook: needed_groups(rules, phase, notes, shows.get(hook, {}), groups) for hook in hooks},
            phase_needs=tuple(name for name in groups if name in reached_groups([phase])),
            attributes={key.value: text(node) for key, node in fields(pack.get("attributes"))},
            content_hash=self.shared.content_hash,
        )

    def shows(self, pack: Fields, phase: Fact) -> dict[str, dict[str, frozenset[str]]]:
        found: dict[str, dict[str, frozenset[str]]] = {}
        for hook, node in fields(pack.get("shows")):
            found[hook.value] = {}
            for key, indicators in fields(node):
                if key.value not in (*phase.domain, UNKNOWN):
                    advice = did_you_mean(key.value, (*phase.domain, UNKNOWN))
                    self.report.error("unknown-state", key.at, f"the phase is never {key.value}", remedy=advice)
                found[hook.value][key.value] = _set(indicators)
        return found

    def note(self, body: Fields, scope: Scope, shelf: Shelf) -> Note | None:
        when_node, say = body.get("when"), body.get("say")
        condition: Condition | None = scope.condition(when_node) if when_node is not None else ()
        if condition is None or not isinstance(say, Text):
            return None

        def find(name: str, at: Text) -> Fact | str | None:
            parameter: Parameter | None = scope.parameter(name)
            if parameter is not None:
                return parameter.shown
            if name in shelf.words:
                self.names.used.add(f"word {name}")
                return shelf.words[name]
            return scope.fact(Text(at.at, name))

        template: Template = read_template(say, find, self.report)
        return Note(condition, _set(body.get("beside")), template, text(body.get("place")) == "end")


def _services(node: Fields) -> dict[str, tuple[str, str]]:
    return {key.value: (text(fields(body).get("title")), text(fields(body).get("description"))) for key, body in node}


def _set(node: Node | None) -> frozenset[str]:
    return frozenset(each.value for each in texts(node))


def needed_groups(
    rules: Iterable[Rule],
    phase: Fact,
    notes: Iterable[Note],
    shows: Mapping[str, frozenset[str]],
    groups: Mapping[str, DataGroup],
) -> tuple[str, ...]:
    """The groups that a hook's rules can reach, in the order of ``data.yaml``; rules that are off reach nothing."""
    asked = [phase]
    for note in notes:
        asked.extend((*(fact for fact, _ in note.when), *(slot.fact for slot in note.say.slots)))
    for rule in rules:
        if rule.mode != OFF and any(rule.may_show(shows.get(each, frozenset())) for each in rule.phases):
            asked.extend(fact for case in rule.cases for when in case.when for fact, _ in when)
            asked.extend(rule.facts)
            asked.extend(slot.fact for case in rule.cases if case.finding is not None for slot in case.finding.slots)
    reached = reached_groups(asked)
    return tuple(name for name in groups if name in reached)


def reached_groups(facts: Iterable[Fact]) -> set[str]:
    """The data groups that facts look at, through everything that they need."""
    return {name for fact in closure(tuple(facts)) for each in fact.built.retrieves for name in each.groups}
