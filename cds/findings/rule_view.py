"""A rule as a page shows it: its plan turned into words and rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cds.language.fact import Fact, closure
from cds.language.parameters import Parameter
from cds.language.plan import Case, Evidence, Plan, Rule
from cds.language.scope import Condition
from cds.language.template import Template


@dataclass(frozen=True)
class CaseView:
    """One row: when, what then, and the texts. ``anchor`` is the finding's id in the first row that has it."""

    when: tuple[str, ...]
    result: str
    indicator: str
    anchor: str
    texts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class FactView:
    """A fact that a case asks for."""

    name: str
    ask: str
    kind: str
    states: str
    groups: str


@dataclass(frozen=True)
class ParameterView:
    """A parameter with its value in force, its bounds, and where the value came from."""

    name: str
    ask: str
    value: str
    bounds: str
    origin: str


@dataclass(frozen=True)
class RuleView:
    """A rule with everything that a reader wants to check."""

    rule: Rule
    phases: str
    evidence: tuple[Evidence, ...]
    parameters: tuple[ParameterView, ...]
    facts: tuple[FactView, ...]
    groups: tuple[str, ...]
    cases: tuple[CaseView, ...]


def rule_views(plan: Plan, rules: Sequence[Rule]) -> tuple[RuleView, ...]:
    """The rules of one page; no anchor stands on it twice."""
    anchors: set[str] = set()
    return tuple(_rule(plan, rule, anchors) for rule in rules)


def _rule(plan: Plan, rule: Rule, anchors: set[str]) -> RuleView:
    asked = list(dict.fromkeys(fact for case in rule.cases for when in case.when for fact, _ in when))
    return RuleView(
        rule=rule,
        phases=", ".join(sorted(rule.phases)),
        evidence=rule.evidence,
        parameters=tuple(_parameter(each) for each in rule.parameters.values()),
        facts=tuple(_fact(plan, fact) for fact in asked),
        groups=_groups(plan, (*asked, *rule.facts)),
        cases=tuple(_case(case, plan, anchors) for case in rule.cases),
    )


def _case(case: Case, plan: Plan, anchors: set[str]) -> CaseView:
    when = tuple(_condition(each) for each in case.when)
    finding = case.finding
    if finding is None:
        if case.silent:
            return CaseView(when, "no card", "", "", (("why", case.silent),))
        return CaseView(when, "not checked", "", "", (("named on the card as", case.not_checked),))
    anchor = "" if finding.id in anchors else finding.id
    anchors.add(finding.id)
    texts = [
        ("headline", _text(finding.headline)),
        ("found", _text(finding.found)),
        ("why", _text(finding.why)),
        ("consider", _text(finding.do)),
        ("to confirm", "; ".join(plan.profile.to_confirm(finding))),
        ("suggests", "; ".join(each.label for each in finding.suggest)),
        ("reasons to override", "; ".join(each.display for each in finding.override)),
        ("replaces", ", ".join(finding.replaces)),
        ("only beside", ", ".join(finding.beside)),
        ("repeated", "once per course, where the site switches that on" if finding.once_per_course else ""),
    ]
    return CaseView(when, finding.id, finding.indicator, anchor, tuple(each for each in texts if each[1]))


def _condition(condition: Condition) -> str:
    parts = (f"{_short(fact)} is {' or '.join(sorted(states))}" for fact, states in condition)
    return ", and ".join(parts)


def _short(fact: Fact) -> str:
    return fact.title or fact.name.rpartition(".")[2].replace("_", " ")


def _text(template: Template) -> str:
    return "".join(part if isinstance(part, str) else f"‹{_short(part.fact)}›" for part in template.parts)


def _fact(plan: Plan, fact: Fact) -> FactView:
    return FactView(
        name=_short(fact),
        ask=fact.ask,
        kind=fact.kind,
        states=", ".join((*fact.domain, "unknown")),
        groups=", ".join(_groups(plan, (fact,))),
    )


def _groups(plan: Plan, facts: Iterable[Fact]) -> tuple[str, ...]:
    names = {name for fact in closure(tuple(facts)) for each in fact.built.retrieves for name in each.groups}
    return tuple(group.title for name, group in plan.groups.items() if name in names)


def _parameter(parameter: Parameter) -> ParameterView:
    if parameter.options:
        bounds = "one of " + ", ".join(parameter.options)
    else:
        bounds = f"{parameter.lowest} to {parameter.highest}"
    return ParameterView(parameter.name, parameter.ask, parameter.shown, bounds, parameter.origin)
