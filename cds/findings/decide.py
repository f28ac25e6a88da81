"""Decides every rule of a plan for one case, and what of it is shown on one hook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product
from math import prod

from cds.facts.case import Case as Patient
from cds.language.plan import OFF, SHADOW, Case, Finding, Plan, Rule
from cds.language.scope import Condition
from cds.values.known import UNKNOWN, Reason, Unknown

_MOST_WAYS = 256  # combinations that are tried to see whether an unknown matters


class Verdict(StrEnum):
    """What became of a rule."""

    SHOWN = "shown"
    SILENT = "silent"
    NOT_CHECKED = "not_checked"
    NOT_THIS_PHASE = "not_this_phase"
    NOT_ON_THIS_HOOK = "not_on_this_hook"
    REPLACED = "replaced"
    WITHHELD = "withheld"
    ALONE = "alone"
    SHADOW = "shadow"
    OFF = "off"


@dataclass(frozen=True)
class Decision:
    """A rule with the case that holds.

    Attributes:
        case: the case that holds; None when the rule is off, or does not apply in this phase.
        why: for ``not_checked``, the reasons; else empty.
        because_of: id of the finding that replaced or withheld this one, or beside which alone it is shown.
        remembered: why this finding need not be shown again; empty unless that is what withheld it.
    """

    rule: Rule
    verdict: Verdict
    case: Case | None = None
    why: tuple[Unknown, ...] = ()
    because_of: str = ""
    remembered: str = ""

    @property
    def finding(self) -> Finding | None:
        """The finding of the case that holds, shown or not."""
        return self.case.finding if self.case is not None else None


@dataclass(frozen=True)
class Decisions:
    """All rules of a plan decided: in pack order, each exactly once."""

    phase: str
    all: tuple[Decision, ...]

    @property
    def shown(self) -> tuple[Decision, ...]:
        """Those whose finding is shown."""
        return tuple(each for each in self.all if each.verdict is Verdict.SHOWN)

    @property
    def not_checked(self) -> tuple[Decision, ...]:
        """Those that could not be checked."""
        return tuple(each for each in self.all if each.verdict is Verdict.NOT_CHECKED)


Recall = Callable[[Sequence[Decision]], Mapping[str, str]]
"""Tells which decisions need not be shown again: name of the rule → why. It is asked once, never of a critical."""


def nothing_remembered(_: Sequence[Decision]) -> Mapping[str, str]:
    """What is remembered where no site wants anything remembered."""
    return {}


def decide(plan: Plan, patient: Patient, hook: str, recall: Recall = nothing_remembered) -> Decisions:
    """Decide every rule for a patient on a hook."""
    phase = patient.state(plan.phase)
    visible = plan.shows.get(hook, {}).get(phase, frozenset())
    decided = [_decide(rule, patient, phase, visible) for rule in plan.rules]
    return Decisions(phase, tuple(_withhold(_without_remembered(decided, recall), plan)))


def _without_remembered(decided: Sequence[Decision], recall: Recall) -> Sequence[Decision]:
    """Take back what need not be shown again, before anything else.

    What is taken back here replaces and withholds nothing: whoever overrode one finding never saw those behind it.
    """
    lesser = [
        each
        for each in decided
        if each.verdict is Verdict.SHOWN and each.finding is not None and each.finding.indicator != "critical"
    ]
    why = recall(lesser) if lesser else {}
    taken = {each.rule.name for each in lesser if each.rule.name in why}
    return [
        replace(each, verdict=Verdict.WITHHELD, remembered=why[each.rule.name]) if each.rule.name in taken else each
        for each in decided
    ]


def _decide(rule: Rule, patient: Patient, phase: str, visible: frozenset[str]) -> Decision:
    """What becomes of one rule; in shadow, what would be said is kept and not said."""
    if rule.mode == OFF:
        return Decision(rule, Verdict.OFF)
    decision = _evaluate(rule, patient, phase, visible)
    if rule.mode == SHADOW and decision.verdict in (Verdict.SHOWN, Verdict.NOT_CHECKED):
        return replace(decision, verdict=Verdict.SHADOW)
    return decision


def _evaluate(rule: Rule, patient: Patient, phase: str, visible: frozenset[str]) -> Decision:
    if phase not in rule.phases:
        return Decision(rule, Verdict.NOT_THIS_PHASE)
    case = next(case for case in rule.cases if _applies(case, patient))
    if case.finding is not None:
        shown = case.finding.is_in(visible)
        return Decision(rule, Verdict.SHOWN if shown else Verdict.NOT_ON_THIS_HOOK, case)
    if case.silent:
        return Decision(rule, Verdict.SILENT, case)
    return _left_open(rule, case, patient, visible)


def _left_open(rule: Rule, case: Case, patient: Patient, visible: frozenset[str]) -> Decision:
    """What becomes of a rule that could not be checked."""
    surely = _surely_silent(rule, patient)
    if surely is not None:
        return Decision(rule, Verdict.SILENT, surely)
    why = reasons(case, patient)
    if not rule.may_show(visible):
        return Decision(rule, Verdict.NOT_ON_THIS_HOOK, case, why)
    may_be_lost = not rule.safety_critical or bool(rule.lost_because)
    if may_be_lost and all(each.reason is Reason.NOT_OFFERED for each in why):
        return Decision(rule, Verdict.SILENT, case, why)
    return Decision(rule, Verdict.NOT_CHECKED, case, why)


def _surely_silent(rule: Rule, patient: Patient) -> Case | None:
    """The silent case of a rule that would be silent whatever the unknown facts turned out to be; None otherwise."""
    asked = {fact.name: fact for case in rule.cases for when in case.when for fact, _ in when}
    open_ones = {name: fact for name, fact in asked.items() if patient.state(fact) == UNKNOWN}
    ways = [patient.outcome(fact).possible or fact.domain for fact in open_ones.values()]
    if prod(len(each) for each in ways) > _MOST_WAYS:
        return None
    states = {name: patient.state(fact) for name, fact in asked.items()}
    found: Case | None = None
    for way in product(*ways):
        filled = {**states, **dict(zip(open_ones, way, strict=True))}
        found = next((case for case in rule.cases if _matches(case, filled)), None)
        if found is None or not found.silent:
            return None
    return found


def _matches(case: Case, states: Mapping[str, str]) -> bool:
    return any(all(states[fact.name] in allowed for fact, allowed in when) for when in case.when)


def _applies(case: Case, patient: Patient) -> bool:
    # Not by any() and all(): asked some hundred times a call, their generators cost more than what they look at.
    for condition in case.when:  # noqa: SIM110
        if _holds(condition, patient):
            return True
    return False


def _holds(condition: Condition, patient: Patient) -> bool:
    for fact, allowed in condition:  # noqa: SIM110
        if patient.outcome(fact).state not in allowed:
            return False
    return True


def reasons(case: Case, patient: Patient) -> tuple[Unknown, ...]:
    """Why a case could not be checked: the reasons of the unknown facts of the condition that holds."""
    for condition in case.when:
        if _holds(condition, patient):
            outcomes = [patient.outcome(fact) for fact, _ in condition]
            why = [each for outcome in outcomes for each in outcome.why]
            return tuple(dict.fromkeys(why))
    return ()


def _withhold(decided: Sequence[Decision], plan: Plan) -> Iterable[Decision]:
    """Take back findings that another makes pointless; one that is not shown takes nothing back."""
    replaced = {
        other: each.finding.id
        for each in decided
        if each.verdict is Verdict.SHOWN and each.finding is not None
        for other in each.finding.replaces
    }
    kept = _marked(decided, replaced, Verdict.REPLACED)
    beside = {id: lead for id, indicators in plan.withhold.items() for lead in [_first_with(kept, indicators)] if lead}
    kept = _marked(kept, beside, Verdict.WITHHELD)
    # One that need not be shown again is there all the same: what stands beside it must not vanish with it.
    present = {
        each.finding.id
        for each in kept
        if each.finding is not None and (each.verdict is Verdict.SHOWN or each.remembered)
    }
    alone = {
        each.finding.id: each.finding.beside[0]
        for each in kept
        if each.finding is not None and each.finding.beside and not present.intersection(each.finding.beside)
    }
    return _marked(kept, alone, Verdict.ALONE)


def _marked(decided: Sequence[Decision], taken: dict[str, str], verdict: Verdict) -> Sequence[Decision]:
    return [_mark(each, taken, verdict) for each in decided] if taken else decided


def _mark(decision: Decision, taken: dict[str, str], verdict: Verdict) -> Decision:
    finding = decision.finding
    if decision.verdict is Verdict.SHOWN and finding is not None and finding.id in taken:
        return replace(decision, verdict=verdict, because_of=taken[finding.id])
    return decision


def _first_with(decided: Sequence[Decision], indicators: frozenset[str]) -> str:
    for each in decided:
        if each.verdict is Verdict.SHOWN and each.finding is not None and each.finding.indicator in indicators:
            return each.finding.id
    return ""
