"""What tests can reach of a rule, item by item, and which items one run reaches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cds.authoring.test_boundaries import AT, PAST, Definition, met
from cds.authoring.test_evaluate import Run
from cds.language.fact import Fact
from cds.language.pack import Compiled
from cds.language.parameters import Parameter
from cds.language.plan import Case, Rule
from cds.language.scope import Condition
from cds.values.known import UNKNOWN
from cds.values.quantity import UnitTable

CASES, ROWS, PHASES, STATES, LIMITS, BOUNDS = "cases", "rows", "phases", "states", "limits", "bounds"


@dataclass(frozen=True)
class Item:
    """One thing that a test can reach.

    Attributes:
        kind: its kind, in the plural.
        key: tells it from others of its kind: place of a case; place and number of a row; phase; fact and state;
            fact, limit and side; parameter and value.
    """

    kind: str
    key: tuple[str, ...]

    def words(self, cases: Mapping[str, Case]) -> str:
        """As the command shows it, and as ``unreachable:`` names it."""
        match self.kind:
            case "cases":
                return case_words(cases[self.key[0]])
            case "rows":
                return f"{self.key[0]} row {self.key[1]}"
            case "phases":
                return f"phase {self.key[0]}"
            case "limits":
                fact, limit, side = self.key
                return f"{side} {limit} of {fact}"
            case _:
                return " ".join(self.key)


def case_words(case: Case) -> str:
    """A case by its place and by how it ends."""
    if case.finding is not None:
        return f"{case.at} {case.finding.id} {case.finding.indicator}"
    return f"{case.at} " + (f"silent: {case.silent}" if case.silent else f"not_checked: {case.not_checked}")


def items_of_rule(rule: Rule) -> Iterator[Item]:
    """Cases, rows, phases and states of facts."""
    for case in rule.cases:
        yield Item(CASES, (str(case.at),))
    for case in rule.cases:
        yield from (Item(ROWS, (str(case.at), str(number))) for number, _ in enumerate(case.when, 1))
    yield from (Item(PHASES, (phase,)) for phase in sorted(rule.phases))
    for fact in asked(rule):
        yield from (Item(STATES, (fact.name, state)) for state in (*fact.domain, UNKNOWN))


def items_of_limits(limits: Iterable[Definition]) -> Iterator[Item]:
    """Each limit of facts, at it and just past it."""
    for each in limits:
        yield from (Item(LIMITS, (each.name, limit, side)) for limit in each.limits for side in (AT, PAST))


def items_of_bounds(parameters: Mapping[str, Parameter]) -> Iterator[Item]:
    """Parameters at both bounds, or as each option: a site may set them so, and the rule must then still hold."""
    for name, parameter in parameters.items():
        yield from (Item(BOUNDS, (name, end)) for end in dict.fromkeys(_ends(parameter)))


def _ends(parameter: Parameter) -> Iterator[str]:
    yield from parameter.options
    yield from (str(each) for each in (parameter.lowest, parameter.highest) if each is not None)


def asked(rule: Rule) -> tuple[Fact, ...]:
    """The facts that a rule's cases ask for."""
    return tuple({fact.name: fact for case in rule.cases for when in case.when for fact, _ in when}.values())


def reached(run: Run, rule: Rule) -> Iterator[Item]:
    """Case, rows, phase and states that a run of a rule reaches."""
    if run.answer.decisions is not None:
        yield Item(PHASES, (run.answer.decisions.phase,))
    decided = run.decision.case if run.decision is not None else None
    if decided is None:
        return
    yield Item(CASES, (str(decided.at),))
    for case in rule.cases:
        for number, when in enumerate(case.when, 1):
            if holds(when, run.states):
                yield Item(ROWS, (str(case.at), str(number)))
    yield from (Item(STATES, (name, state)) for name, state in run.states.items())


def reached_limits(
    run: Run, limits: Sequence[Definition], rule: Rule, compiled: Compiled, units: UnitTable
) -> Iterator[Item]:
    """The limits that a run meets."""
    for each in limits:
        yield from (Item(LIMITS, (one.fact, one.limit, one.side)) for one in met(each, run, rule, compiled, units))


def holds(when: Condition, states: Mapping[str, str]) -> bool:
    """Whether a row holds."""
    return all(states.get(fact.name) in allowed for fact, allowed in when)
