"""Compiles one rule file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cds.language.fact import Fact
from cds.language.node import Fields, Node, Text, fields, items, text, texts
from cds.language.parameters import Overrides, Parameter, check_names, read_parameters
from cds.language.plan import SEVERITIES, Case, Evidence, Finding, OverrideReason, Rule, SuggestionPlan
from cds.language.report import did_you_mean
from cds.language.scope import Scope
from cds.language.template import Template, read_template
from cds.values.known import UNKNOWN

EMPTY = Template(())
_TEXTS = ("headline", "found", "why", "do")
_ENDINGS = ("finding", "silent", "not_checked")


@dataclass(frozen=True)
class Shelf:
    """What a pack offers its rules by name."""

    topics: tuple[str, ...]
    phases: tuple[str, ...]
    evidence: Mapping[str, Evidence]
    evidence_here: Mapping[str, tuple[str, ...]]
    overrides: Mapping[str, OverrideReason]
    suggestions: Mapping[str, SuggestionPlan]
    words: Mapping[str, str]


def read_rule(root: Fields, pack: Scope, shelf: Shelf, overrides: Overrides) -> Rule | None:
    """Compile a rule.

    Args:
        root: the file.
        pack: the scope of shared facts and parameters.
        shelf: what the pack offers by name.
        overrides: parameter values that profile, site and client set for this rule.
    """
    name = root.get("rule")
    if not isinstance(name, Text):
        return None
    report = pack.report
    parameters = read_parameters(root.get("parameters"), overrides, pack.names.scales, report)
    check_names(overrides, parameters, name.value, report, pack.parameters)
    scope = Scope(pack.names, fields(root.get("facts")), parameters, pack, f"{name.value}.")
    reader = _RuleReader(scope, shelf)
    facts = scope.all_facts()
    cases = tuple(
        found
        for number, node in enumerate(items(root.get("cases")), 1)
        if (found := reader.case(fields(node), number)) is not None
    )
    topic = root.get("topic")
    if isinstance(topic, Text) and topic.value not in shelf.topics:
        advice = did_you_mean(topic.value, shelf.topics)
        report.error("unknown-topic", topic.at, f"no topic is called {topic.value}", remedy=advice)
    return Rule(
        name=name.value,
        title=text(root.get("title")),
        version=text(root.get("version")),
        status=text(root.get("status")),
        at=name.at,
        topic=text(topic),
        phases=reader.phases(root),
        safety_critical=text(root.get("safety_critical")) == "yes",
        evidence=reader.evidence(root.get("evidence")),
        facts=facts,
        cases=cases,
        parameters=parameters,
    )


class _RuleReader:
    def __init__(self, scope: Scope, shelf: Shelf) -> None:
        self.scope = scope
        self.report = scope.report
        self.shelf = shelf

    def phases(self, root: Fields) -> frozenset[str]:
        node = fields(root.get("applies")).get("phase")
        named = texts(node)
        allowed = (*self.shelf.phases, UNKNOWN)
        for each in named:
            if each.value not in allowed:
                advice = did_you_mean(each.value, allowed)
                self.report.error("unknown-state", each.at, f"the phase is never {each.value}", remedy=advice)
        return frozenset(each.value for each in named)

    def evidence(self, node: Node | None) -> tuple[Evidence, ...]:
        found: list[Evidence] = []
        for each in texts(node):
            if self._on_shelf(each, self.shelf.evidence, "evidence"):
                here = self.shelf.evidence_here.get(each.value, (each.value,))
                found.extend(
                    self.shelf.evidence[name]
                    for name in here
                    if self._on_shelf(Text(each.at, name), self.shelf.evidence, "evidence")
                )
        return tuple(dict.fromkeys(found))

    def case(self, body: Fields, number: int) -> Case | None:
        endings = [key for key, _ in body if key.value in _ENDINGS]
        if len(endings) != 1:
            self.report.error(
                "ending",
                body.at,
                f"a case ends in one of {', '.join(_ENDINGS)}, and this one in {len(endings)}",
                remedy="Write finding: ID with its texts, silent: why, or not_checked: plain name.",
            )
            return None
        when = self.scope.conditions(body.get("when"))
        if endings[0].value == "finding":
            return Case(body.at, when, finding=self.finding(body), number=number)
        silent, not_checked = text(body.get("silent")), text(body.get("not_checked"))
        extra = [key for key, _ in body if key.value not in ("when", endings[0].value)]
        for key in extra:
            self.report.error("ending-key", key.at, f"{key.value} belongs to a finding, and this case has none")
        if not (silent or not_checked):
            self.report.error("no-value", endings[0].at, f"{endings[0].value} needs words", remedy="Say why.")
        return Case(body.at, when, silent=silent, not_checked=not_checked, number=number)

    def finding(self, body: Fields) -> Finding:
        missing = [key for key in _TEXTS if not text(body.get(key)).strip()]
        if missing:
            self.report.error(
                "missing-key",
                body.keys["finding"].at,
                f"{text(body.get('finding'))} has no {', '.join(missing)}",
                "The card would come with an empty line in its place, and without a headline it is no valid card.",
                f"Write {', '.join(f'{key}:' for key in missing)} with the words for the prescriber.",
            )
        return Finding(
            id=text(body.get("finding")),
            indicator=self.indicator(body),
            headline=self.template(body, "headline"),
            found=self.template(body, "found"),
            why=self.template(body, "why"),
            do=self.template(body, "do"),
            suggest=tuple(
                self.shelf.suggestions[each.value]
                for each in texts(body.get("suggest"))
                if self._on_shelf(each, self.shelf.suggestions, "suggestion")
            ),
            override=tuple(
                self.shelf.overrides[each.value]
                for each in texts(body.get("override"))
                if self._on_shelf(each, self.shelf.overrides, "override reason")
            ),
            replaces=tuple(each.value for each in texts(body.get("replaces"))),
            beside=tuple(each.value for each in texts(body.get("beside"))),
            indicators=self.possible_indicators(body),
            once_per_course=self.once_per_course(body),
        )

    def indicator(self, body: Fields) -> str:
        node = body.get("indicator")
        chosen = fields(node).get("profile") if isinstance(node, Fields) else node
        value = self.scope.option(chosen)
        if value not in SEVERITIES:
            at = chosen.at if chosen is not None else body.at
            advice = f"It is one of: {', '.join(SEVERITIES)}, or {{profile: PARAMETER}} with such options."
            self.report.error("indicator", at, "a finding needs an indicator", remedy=advice)
            return "warning"
        return value

    def possible_indicators(self, body: Fields) -> tuple[str, ...]:
        node = body.get("indicator")
        if isinstance(node, Fields):
            parameter = self.scope.parameter(text(node.get("profile")))
            return parameter.options if parameter is not None else ()
        return (text(node),)

    def once_per_course(self, body: Fields) -> bool:
        node = body.get("repeat")
        if node is None:
            return False
        if "info" not in self.possible_indicators(body):
            self.report.error(
                "repeat",
                body.keys["repeat"].at,
                "only an info finding may be shown once in a course",
                "A warning or a critical finding would stay away while its cause is still there.",
                "Remove repeat:, or make the finding an info.",
            )
        return True

    def template(self, body: Fields, key: str) -> Template:
        node = body.get(key)
        return read_template(node, self._find, self.report) if isinstance(node, Text) else EMPTY

    def _find(self, name: str, at: Text) -> Fact | str | None:
        parameter: Parameter | None = self.scope.parameter(name)
        if parameter is not None:
            return parameter.shown
        if name in self.shelf.words:
            self.scope.names.used.add(f"word {name}")
            return self.shelf.words[name]
        return self.scope.fact(Text(at.at, name))

    def _on_shelf(self, name: Text, shelf: Mapping[str, object], what: str) -> bool:
        self.scope.names.used.add(f"{what} {name.value}")
        if name.value in shelf:
            return True
        self.report.error(
            f"unknown-{what.split(maxsplit=1)[0]}",
            name.at,
            f"no {what} is called {name.value}",
            remedy=did_you_mean(name.value, shelf),
        )
        return False
