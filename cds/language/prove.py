"""Proof by enumeration: every combination of states falls into exactly one case, and none is a silent danger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from cds.language.fact import Fact, closure
from cds.language.plan import Case, Rule
from cds.language.report import Report
from cds.language.scope import Condition
from cds.values.known import UNKNOWN

LIMIT = 4096
_ALARMING = ("critical", "warning")

States = dict[str, str]


@dataclass(frozen=True)
class Space:
    """The combinations of states, by name, that the facts of a rule's conditions can be in."""

    facts: tuple[Fact, ...]
    combinations: tuple[States, ...]


def holds(condition: Condition, states: States) -> bool:
    """Whether a condition matches a combination of states by name."""
    return all(states[fact.name] in allowed for fact, allowed in condition)


def matching(cases: Sequence[Case], states: States) -> list[Case]:
    """The cases that match a combination of states."""
    return [case for case in cases if any(holds(condition, states) for condition in case.when)]


def space_of(rule: Rule) -> Space | None:
    """The combinations to examine, or None when there are more than the limit.

    Facts that are pure logic over others take only the states that those others allow. So the combinations are spanned
    by facts further down, as far down as the limit allows, and the states of the facts asked for follow from there.
    """
    asked = _asked(rule)
    ordered = closure(asked)
    cut = _cut(asked, ordered)
    if _size(cut) > LIMIT:
        return None
    names = [fact.name for fact in asked]
    combinations = sorted({tuple(states[name] for name in names) for states in _spanned(cut, ordered)})
    return Space(asked, tuple(dict(zip(names, each, strict=True)) for each in combinations))


def _size(facts: Iterable[Fact]) -> int:
    return prod(len(fact.domain) + 1 for fact in facts)


def _cut(asked: Sequence[Fact], ordered: Sequence[Fact]) -> tuple[Fact, ...]:
    """The facts that span the space: those asked for, with logic taken apart while the space stays small enough.

    A fact is taken apart first when another one in the cut depends on the same facts: only there can combinations be
    impossible.
    """
    place = {fact.name: position for position, fact in enumerate(ordered)}
    cut = {fact.name: fact for fact in asked}
    whole: set[str] = set()
    while True:
        candidates = [fact for name, fact in cut.items() if fact.built.combine is not None and name not in whole]
        if not candidates:
            return tuple(sorted(cut.values(), key=lambda fact: place[fact.name]))
        chosen = max(candidates, key=lambda fact: (_shares(fact, cut.values()), place[fact.name]))
        taken_apart = {name: fact for name, fact in cut.items() if name != chosen.name}
        taken_apart.update({needed.name: needed for needed in chosen.needs})
        if _size(taken_apart.values()) <= LIMIT:
            cut = taken_apart
        else:
            whole.add(chosen.name)


def _shares(fact: Fact, cut: Iterable[Fact]) -> bool:
    mine = {each.name for each in closure((fact,))}
    return any(other is not fact and mine & {each.name for each in closure((other,))} for other in cut)


def _spanned(cut: Sequence[Fact], ordered: Sequence[Fact]) -> Iterator[States]:
    known = {fact.name for fact in cut}
    derived = []
    for fact in ordered:
        combine = fact.built.combine
        if fact.name not in known and combine is not None and all(needed.name in known for needed in fact.needs):
            known.add(fact.name)
            derived.append((fact.name, combine))
    names = tuple(fact.name for fact in cut)
    for each in product(*((*fact.domain, UNKNOWN) for fact in cut)):
        states = dict(zip(names, each, strict=True))
        for name, combine in derived:
            states[name] = combine(states)
        yield states


class Proofs:
    """Proves rules of one library, each once for every form that its profiles give it.

    Most rules are the same under every profile: their cases name the same facts, and these take the same states by the
    same logic. What was found for one of them was found for all. Never to be used for two libraries: facts are told
    apart by the place where they are defined.

    Args:
        report: takes what is found.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self._proved: set[tuple[object, ...]] = set()
        self._spaces: dict[tuple[object, ...], Space | None] = {}

    def prove(self, rule: Rule) -> None:
        """Report what is wrong with a rule, unless it was reported under another profile."""
        form = (_form(rule), rule.at, rule.safety_critical, tuple((case.silent, _alarms(case)) for case in rule.cases))
        if form not in self._proved:
            self._proved.add(form)
            _prove(rule, self.space_of(rule), self.report)

    def space_of(self, rule: Rule) -> Space | None:
        """As the function of this name, each space once."""
        form = _form(rule)
        if form not in self._spaces:
            self._spaces[form] = space_of(rule)
        found = self._spaces[form]
        return None if found is None else Space(_asked(rule), found.combinations)


def _asked(rule: Rule) -> tuple[Fact, ...]:
    return tuple({fact.name: fact for case in rule.cases for when in case.when for fact, _ in when}.values())


def _form(rule: Rule) -> tuple[object, ...]:
    """All that the combinations of a rule and its cases' conditions depend on, within one library."""
    cases = tuple(
        (case.at, tuple(tuple((fact.name, allowed) for fact, allowed in when) for when in case.when))
        for case in rule.cases
    )
    facts = tuple(
        (
            fact.name,
            fact.at,
            fact.kind,
            fact.domain,
            tuple(each.name for each in fact.needs),
            tuple((each.name, each.value) for each in fact.parameters),
        )
        for fact in closure(_asked(rule))
    )
    return rule.name, cases, facts


def prove(rule: Rule, report: Report) -> None:
    """Report every gap, overlap, dead case and silent danger of a rule, each with a combination that shows it."""
    _prove(rule, space_of(rule), report)


def _prove(rule: Rule, space: Space | None, report: Report) -> None:
    if space is None:
        report.error(
            "too-many-combinations",
            rule.at,
            f"the cases of {rule.name} ask for facts with more than {LIMIT:,} combinations",
            "Nobody could review them.",
            "Name an intermediate fact that sums several of them up.",
        )
        return
    reached: set[int] = set()
    for states in space.combinations:
        found = matching(rule.cases, states)
        reached.update(id(case) for case in found)
        if not found:
            _report_gap(rule, states, report)
        elif len(found) > 1:
            _report_overlap(rule, found, states, report)
    for case in rule.cases:
        if id(case) not in reached:
            report.error("dead-case", case.at, "no patient can ever be in this case", remedy="Remove it.")
    if rule.safety_critical:
        _prove_no_silent_danger(rule, space, report)


def shown(states: States) -> str:
    """A combination of states as a clinician reads it."""
    return ", ".join(f"{name.rpartition('.')[2]} is {state}" for name, state in states.items())


def _report_gap(rule: Rule, states: States, report: Report) -> None:
    report.error(
        "gap",
        rule.at,
        f"no case of {rule.name} says what to do when {shown(states)}",
        "The prescriber would see nothing, and nobody decided that.",
        "Add a case, or widen one. Intended silence is written silent: why.",
    )


def _report_overlap(rule: Rule, found: list[Case], states: States, report: Report) -> None:
    report.error(
        "overlap",
        found[1].at,
        f"this case and the one on line {found[0].at.line} of {rule.name} both hold when {shown(states)}",
        "Which card would come is not decided.",
        "Narrow one of the two.",
    )


def _prove_no_silent_danger(rule: Rule, space: Space, report: Report) -> None:
    alarms = [states for states in space.combinations if any(_alarms(case) for case in matching(rule.cases, states))]
    for states in space.combinations:
        if UNKNOWN not in states.values():
            continue
        for case in matching(rule.cases, states):
            if not case.silent:
                continue
            danger = next((alarm for alarm in alarms if _fills(states, alarm)), None)
            if danger is not None:
                report.error(
                    "silent-unknown",
                    case.at,
                    f"{rule.name} is silent when {shown(states)}",
                    f"It would warn if what is unknown turned out so: {shown(danger)}.",
                    "End the case in not_checked: name, or in a finding.",
                )


def _alarms(case: Case) -> bool:
    return case.finding is not None and any(each in _ALARMING for each in case.finding.indicators)


def _fills(states: States, other: States) -> bool:
    return UNKNOWN not in other.values() and all(state in (UNKNOWN, other[name]) for name, state in states.items())
