"""``maybe-empty``: a slot of a text that may have nothing to show in a case that a patient can be in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import NoReturn

from cds.language.checks.subject import Subject, texts_of
from cds.language.fact import Fact, closure
from cds.language.plan import Case, Rule
from cds.language.prove import Proofs, holds
from cds.language.report import Report
from cds.language.scope import Condition
from cds.language.template import Slot
from cds.values.known import ABSENT, NO, UNKNOWN, Outcome, Reason, Unknown, unknown


def check(subject: Subject, report: Report) -> None:
    """Report each slot without ``| or "…"`` whose fact can be empty while its case holds."""
    for rule, node, case, finding in subject.findings():
        for key, template in texts_of(finding).items():
            for slot in template.slots:
                state = _empty_state(rule, case, slot, subject.proofs)
                if state is None:
                    continue
                name = slot.fact.name.rpartition(".")[2]
                written = node.get(key)
                shown = f"{name} | {slot.filter}" if slot.filter else name
                report.warning(
                    "maybe-empty",
                    written.at if written is not None else case.at,
                    f"{name} can be {state} here, and {key} would have nothing to show for it",
                    "The sentence would have a hole in it.",
                    f'Write {{{shown} | or "…"}}.',
                )


def _empty_state(rule: Rule, case: Case, slot: Slot, proofs: Proofs) -> str | None:
    """A state of the slot's fact in which it shows nothing, and in which the case can hold."""
    if slot.fallback is not None:
        return None
    for state in _empty(slot):
        open_ones = [when for when in case.when if _may_hold(slot.fact, state, when)]
        if open_ones and _reached(rule, case, slot.fact, state, open_ones, proofs):
            return state
    return None


def _may_hold(fact: Fact, state: str, when: Condition) -> bool:
    """Whether a condition can hold while a fact is in a state, judged by the facts that it asks for one by one."""
    if any(asked is fact and state not in allowed for asked, allowed in when):
        return False
    implied = _implied(fact, state, tuple(asked for asked, _ in when if asked is not fact))
    if any(implied[asked.name] not in allowed for asked, allowed in when if asked.name in implied):
        return False
    return _possible(fact, state, when)


def _reached(rule: Rule, case: Case, fact: Fact, state: str, conditions: list[Condition], proofs: Proofs) -> bool:
    """Whether the rule's facts together allow one of the conditions while a fact is in a state."""
    probe = Case(case.at, (((fact, frozenset(fact.domain)),),))
    space = proofs.space_of(replace(rule, cases=(*rule.cases, probe)))
    if space is None:
        return False
    return any(
        states[fact.name] == state and any(holds(condition, states) for condition in conditions)
        for states in space.combinations
    )


def _empty(slot: Slot) -> tuple[str, ...]:
    """The states in which a slot shows nothing."""
    domain = slot.fact.domain
    if slot.filter == "why":
        return tuple(domain)
    if slot.fact.carries_value:
        return (ABSENT, UNKNOWN)
    if slot.filter == "value":
        return (UNKNOWN,)
    return (*(state for state in (NO, ABSENT) if state in domain), UNKNOWN)


def _possible(fact: Fact, state: str, when: Condition) -> bool:
    """Whether every logical fact of a condition can be in a state asked for while a fact that it needs is in this one.

    The space of a rule takes logic apart only as far as its limit allows; here one fact at a time is taken apart.
    """
    for asked, allowed in when:
        combine = asked.built.combine
        if combine is None or fact not in asked.needs:
            continue
        others = [need for need in asked.needs if need is not fact]
        names = [fact.name, *(need.name for need in others)]
        each_way = product((state,), *((*need.domain, UNKNOWN) for need in others))
        if not any(combine(dict(zip(names, states, strict=True))) in allowed for states in each_way):
            return False
    return True


class _OpenError(Exception):
    """A fact was asked for whose outcome does not follow from the one that is given."""


@dataclass(frozen=True)
class _Given:
    """Stands for a patient of whom one fact alone is known; facts that look at the record cannot be asked."""

    fact: Fact
    given: Outcome

    def outcome(self, fact: Fact) -> Outcome:
        if fact is self.fact:
            return self.given
        if fact.built.retrieves or not fact.needs:
            raise _OpenError
        return fact.built.evaluate(self)

    def state(self, fact: Fact) -> str:
        return self.outcome(fact).state

    def __getattr__(self, name: str) -> NoReturn:
        raise _OpenError


def _implied(fact: Fact, state: str, asked: tuple[Fact, ...]) -> dict[str, str]:
    """The states of other facts that follow from one state of a fact, such as a band's from a value that is absent."""
    outcome = unknown(Unknown(Reason.NOT_SUPPLIED)) if state == UNKNOWN else Outcome(state)
    patient = _Given(fact, outcome)
    implied = {}
    for other in asked:
        if fact not in closure(other.needs):
            continue
        try:
            implied[other.name] = patient.outcome(other).state
        except _OpenError:
            continue
    return implied
