"""What the rule book says: packs, rules, value sets and parameters, gathered from the content for its templates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cds.authoring.book_facts import fact_words
from cds.authoring.book_flow import Flow, flow
from cds.authoring.book_names import Names, spaced, states
from cds.authoring.book_records import RecordRow, record_names, record_rows
from cds.authoring.book_words import case_sentence, test_sentence
from cds.authoring.book_written import FactWords
from cds.authoring.test_file import WrittenFile, read_test_file
from cds.authoring.test_suite import ENDING, written_facts
from cds.authoring.version_reach import Written, reach, written
from cds.findings.rule_view import CaseView, RuleView, rule_views
from cds.language.fact import Fact, closure
from cds.language.load import Files, Library
from cds.language.node import Fields, fields, items, plain, text, texts
from cds.language.plan import Plan, Profile, Rule, Topic
from cds.language.report import Report
from cds.language.retrieve import Retrieve
from cds.language.terminology import ValueSet
from cds.language.yaml import read_yaml


@dataclass(frozen=True)
class FactPage:
    """A fact with its question, how it is found and when it is unknown, what it can be, and where it looks.

    Attributes:
        anchor: its id on the page.
        asked: whether a case asks for it; else another fact or a text does.
    """

    anchor: str
    name: str
    ask: str
    words: FactWords
    states: str
    looks: str
    asked: bool


@dataclass(frozen=True)
class HistoryRow:
    """One version of a rule, as its file tells."""

    version: str
    date: str
    changed: str
    because: str


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
        records: what it looks at.
        history: of its file, the newest version first; empty where the file has none.
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
    records: tuple[RecordRow, ...]
    history: tuple[HistoryRow, ...]
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
        self.called = {
            key.value: text(fields(node).get("called"))
            for file in content.facts
            for key, node in fields(file.get("retrieves"))
        }
        self.lists = {key: each.codes.title for key, each in library.shared.value_sets.items()}
        self.parameters = {
            key.value: fields(node) for file in content.facts for key, node in fields(file.get("parameters"))
        }
        self.roots: dict[str, Fields] = {text(root.get("rule")): root for root in content.rules}

    def rule(self, plan: Plan, rule: Rule) -> RulePage:
        (view,) = rule_views(plan, [rule])
        headlines = [_headline(each) for each in view.cases]
        asked = tuple(dict.fromkeys(fact for case in rule.cases for when in case.when for fact, _ in when))
        facts = closure((*asked, *rule.facts))
        names = self.names(plan, rule, facts)
        root = self.roots[rule.name]
        tests = self.tests(root.at.file)
        return RulePage(
            view=view,
            pack=self.pack,
            sentences=tuple(
                case_sentence(case, headline) for case, headline in zip(view.cases, headlines, strict=True)
            ),
            flow=flow(view.cases, headlines),
            facts=tuple(self.fact(each, names, asked) for each in reversed(facts)),
            parameters=tuple(self.parameter_rows(rule, asked)),
            profiles=tuple(name for name, each in self.plans.items() if any(r.name == rule.name for r in each.rules)),
            value_sets=tuple(
                self.library.shared.value_sets[name]
                for name in sorted(reach(self.written, rule.name).logic.get("value sets", {}))
            ),
            records=tuple(record_rows(_retrieves(facts), names.records, names.lists, plan.groups)),
            history=_history(root),
            examples=tuple((each.name, test_sentence(each, names.any)) for each in tests.tests) if tests else (),
        )

    def names(self, plan: Plan, rule: Rule, facts: Sequence[Fact]) -> Names:
        """Words for the names that a rule's facts and tests mention."""
        values = {each.name: each.shown for fact in facts for each in fact.parameters}
        return Names(
            facts={fact.name.rpartition(".")[2]: _title(fact) for fact in facts},
            records={**{name: called for name, called in self.called.items() if called}, **self.records(facts)},
            values={**values, **{name: each.shown for name, each in rule.parameters.items()}},
            lists=self.lists,
            groups={name: group.title for name, group in plan.groups.items()},
        )

    def records(self, facts: Sequence[Fact]) -> dict[str, str]:
        return record_names(_retrieves(facts), self.called)

    def fact(self, fact: Fact, names: Names, asked: Sequence[Fact]) -> FactPage:
        words = fact_words(fact, self.bodies[fact.name], names)
        return FactPage(
            anchor=f"fact-{fact.name.rpartition('.')[2]}",
            name=_title(fact),
            ask=fact.ask,
            words=words,
            states=states(fact.domain, ever_unknown=words.ever_unknown),
            looks=", ".join(dict.fromkeys(names.group(name) for each in fact.built.retrieves for name in each.groups)),
            asked=fact in asked,
        )

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


def _retrieves(facts: Iterable[Fact]) -> tuple[Retrieve, ...]:
    """What facts look at, each once; the patient record itself is no retrieve of the content."""
    found = {each.name: each for fact in facts for each in fact.built.retrieves if " " not in each.name}
    return tuple(found[name] for name in sorted(found))


def _title(fact: Fact) -> str:
    return fact.title or spaced(fact.name.rpartition(".")[2])


def _headline(case: CaseView) -> str:
    said = dict(case.texts)
    return said.get("headline") or next(iter(said.values()), "")


def _history(root: Fields) -> tuple[HistoryRow, ...]:
    """What the rule's file says of its versions; nothing is made up where it says nothing."""
    entries = (fields(each) for each in items(root.get("history")))
    return tuple(
        HistoryRow(*(text(entry.get(key)) for key in ("version", "date", "changed", "because"))) for entry in entries
    )
