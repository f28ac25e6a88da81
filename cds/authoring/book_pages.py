"""What the rule book says: packs, rules, value sets and parameters, gathered from the content for its templates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cds.authoring.book_flow import Flow, flow
from cds.authoring.book_words import Say, case_sentence, fact_sentence, test_sentence
from cds.authoring.test_file import WrittenFile, read_test_file
from cds.authoring.test_suite import ENDING, written_facts
from cds.authoring.version_reach import Written, reach, written
from cds.findings.rule_view import CaseView, RuleView, rule_views
from cds.language.fact import Fact, closure
from cds.language.load import Files, Library
from cds.language.node import Fields, fields, plain, text, texts
from cds.language.plan import Plan, Profile, Rule, Topic
from cds.language.report import Report
from cds.language.terminology import ValueSet
from cds.language.yaml import read_yaml


@dataclass(frozen=True)
class FactPage:
    """A fact with its question, the sentence that says how it is found, and what it can be."""

    name: str
    ask: str
    sentence: str
    states: str
    asked: bool


@dataclass(frozen=True)
class ParameterRow:
    """A parameter with its bounds, and for each profile its value and who set it."""

    name: str
    ask: str
    default: str
    bounds: str
    basis: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class RulePage:
    """Everything that the page of a rule says.

    Attributes:
        sentences: the cases in plain English, the text alternative of the diagram.
        profiles: where it is in force.
        history: of its file, as day or version and words; empty where the file has none.
        examples: name of each test, and the test in words.
    """

    view: RuleView
    pack: str
    sentences: tuple[str, ...]
    flow: Flow
    facts: tuple[FactPage, ...]
    parameters: tuple[ParameterRow, ...]
    profiles: tuple[str, ...]
    value_sets: tuple[ValueSet, ...]
    history: tuple[tuple[str, str], ...]
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PackPage:
    """A pack: its profiles, its topics with their rules, and what is shown when."""

    plan: Plan
    profiles: tuple[Profile, ...]
    topics: tuple[tuple[Topic, tuple[RulePage, ...]], ...]
    phases: tuple[str, ...]
    shows: tuple[tuple[str, tuple[str, ...]], ...]
    findings: tuple[tuple[str, str, RulePage], ...]
    rules: tuple[RulePage, ...]


def pack_page(files: Files, library: Library, name: str, plans: Mapping[str, Plan]) -> PackPage:
    """Gather a pack.

    Args:
        files: all content files.
        library: the same, read.
        name: of the pack.
        plans: it under each profile; the first one is the one whose words the pages have, where it has the rule.
    """
    usual = next(iter(plans.values()))
    as_written = written(library, name)
    made = _Pages(files, library, name, plans, as_written)
    every = {rule.name: (plan, rule) for plan in reversed(tuple(plans.values())) for rule in plan.rules}
    order = [each.value for each in texts(library.packs[name].pack.get("rules"))]
    rules = tuple(made.rule(*every[each]) for each in order if each in every)
    phases = (*usual.phase.domain, "unknown")
    return PackPage(
        plan=usual,
        profiles=tuple(plan.profile for plan in plans.values()),
        topics=tuple(
            (topic, mine)
            for topic in usual.topics
            if (mine := tuple(each for each in rules if each.view.rule.topic == topic.code))
        ),
        phases=phases,
        shows=tuple(
            (hook, tuple(", ".join(sorted(shown.get(phase, ()))) or "nothing" for phase in phases))
            for hook, shown in usual.shows.items()
        ),
        findings=tuple(sorted(_findings(rules), key=lambda each: each[:2])),
        rules=rules,
    )


def _findings(rules: Iterable[RulePage]) -> Iterator[tuple[str, str, RulePage]]:
    for page in rules:
        shown: dict[str, set[str]] = {}
        for case in page.view.cases:
            if case.indicator:
                shown.setdefault(case.result, set()).add(case.indicator)
        yield from ((finding, ", ".join(sorted(indicators)), page) for finding, indicators in shown.items())


class _Pages:
    def __init__(
        self, files: Files, library: Library, pack: str, plans: Mapping[str, Plan], as_written: Written
    ) -> None:
        self.files = files
        self.library = library
        self.pack = pack
        self.plans = plans
        self.written = as_written
        self.bodies = {name: plain(body) for name, body in written_facts(library, pack)}
        content = library.packs[pack]
        self.retrieves = {
            key.value: text(fields(node).get("called")) or key.value.replace("_", " ")
            for file in content.facts
            for key, node in fields(file.get("retrieves"))
        }
        self.parameters = {
            key.value: fields(node) for file in content.facts for key, node in fields(file.get("parameters"))
        }
        self.roots: dict[str, Fields] = {text(root.get("rule")): root for root in content.rules}

    def rule(self, plan: Plan, rule: Rule) -> RulePage:
        (view,) = rule_views(plan, [rule])
        headlines = [_headline(each) for each in view.cases]
        asked = tuple(dict.fromkeys(fact for case in rule.cases for when in case.when for fact, _ in when))
        say = self.say(rule, asked)
        root = self.roots[rule.name]
        tests = self.tests(root.at.file)
        return RulePage(
            view=view,
            pack=self.pack,
            sentences=tuple(
                case_sentence(case, headline) for case, headline in zip(view.cases, headlines, strict=True)
            ),
            flow=flow(view.cases, headlines),
            facts=tuple(self.fact(each, say, asked) for each in reversed(closure((*asked, *rule.facts)))),
            parameters=tuple(self.parameter_rows(rule, asked)),
            profiles=tuple(name for name, each in self.plans.items() if any(r.name == rule.name for r in each.rules)),
            value_sets=tuple(
                self.library.shared.value_sets[name]
                for name in sorted(reach(self.written, rule.name).logic.get("value sets", {}))
            ),
            history=_history(root),
            examples=tuple((each.name, test_sentence(each, say)) for each in tests.tests) if tests else (),
        )

    def say(self, rule: Rule, asked: Sequence[Fact]) -> Say:
        """Words for the names that a rule's facts and tests mention."""
        titles = {fact.name.rpartition(".")[2]: _title(fact) for fact in closure((*asked, *rule.facts))}
        values = {
            **{each.name: each.shown for fact in closure((*asked, *rule.facts)) for each in fact.parameters},
            **{name: each.shown for name, each in rule.parameters.items()},
        }

        def said(name: str) -> str:
            if name in values:
                return f"{name.replace('_', ' ')} ({values[name]})"
            return titles.get(name) or self.retrieves.get(name) or name.replace("_", " ")

        return said

    def fact(self, fact: Fact, say: Say, asked: Sequence[Fact]) -> FactPage:
        sentence = fact_sentence(fact, self.bodies.get(fact.name, {}), say)
        return FactPage(_title(fact), fact.ask, sentence, ", ".join((*fact.domain, "unknown")), fact in asked)

    def parameter_rows(self, rule: Rule, asked: Sequence[Fact]) -> Iterator[ParameterRow]:
        shared = {each.name for fact in closure((*asked, *rule.facts)) for each in fact.parameters}
        own = fields(self.roots[rule.name].get("parameters"))
        for name in (*rule.parameters, *sorted(shared - rule.parameters.keys())):
            body = fields(own.get(name)) if name in own else self.parameters.get(name, fields(None))
            options = ", ".join(each.value for each in texts(body.get("one_of")))
            bounds = f"one of {options}" if options else f"{text(body.get('min'))} to {text(body.get('max'))}"
            yield ParameterRow(
                name.replace("_", " "),
                text(body.get("ask")),
                text(body.get("default")),
                bounds,
                text(body.get("basis")),
                tuple(self.values(rule.name, name)),
            )

    def values(self, rule: str, name: str) -> Iterator[tuple[str, str]]:
        """For each profile the value in force and its origin; a dash where the rule is not in force."""
        for profile, plan in self.plans.items():
            mine = next((each for each in plan.rules if each.name == rule), None)
            found = None
            if mine is not None:
                asked = tuple(fact for case in mine.cases for when in case.when for fact, _ in when)
                several = [each for fact in closure((*asked, *mine.facts)) for each in fact.parameters]
                found = mine.parameters.get(name) or next((each for each in several if each.name == name), None)
            yield profile, f"{found.shown} (set by {found.origin})" if found is not None else "–"

    def tests(self, path: str) -> WrittenFile | None:
        path = path.removesuffix(".yaml") + ENDING
        report = Report()
        root = read_yaml(path, self.files[path], report) if path in self.files else None
        return read_test_file(path, root, report) if isinstance(root, Fields) else None


def _title(fact: Fact) -> str:
    return fact.title or fact.name.rpartition(".")[2].replace("_", " ")


def _headline(case: CaseView) -> str:
    said = dict(case.texts)
    return said.get("headline") or next(iter(said.values()), "")


def _history(root: Fields) -> tuple[tuple[str, str], ...]:
    """What the rule's file says of earlier versions; nothing is made up where it says nothing."""
    found: Any = root.get("history")
    return tuple((key.value, text(node)) for key, node in fields(found)) if isinstance(found, Fields) else ()
