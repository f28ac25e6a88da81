"""What rule tests reach: cases, rows, phases, states of facts, and both sides of each limit. Never rounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cds.authoring.test_boundaries import AT, PAST, Definition, Met, definitions, met
from cds.authoring.test_evaluate import Result, Run
from cds.authoring.test_file import Declared
from cds.authoring.test_suite import PackTests, RuleTests, written_facts
from cds.language.fact import Fact, closure
from cds.language.parameters import Parameter
from cds.language.plan import Case, Rule
from cds.language.scope import Condition
from cds.values.known import UNKNOWN

SHARED = "shared facts"


@dataclass(frozen=True)
class Count:
    """Things of one kind that tests can reach.

    Attributes:
        what: their kind, in the plural.
        known: how many there are.
        missed: those that were not reached, each with its place or its name.
    """

    what: str
    known: int
    missed: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.what} {self.known - len(self.missed)}/{self.known}"


@dataclass(frozen=True)
class RuleCoverage:
    """What the tests of one rule reach of it."""

    rule: str
    counts: tuple[Count, ...]
    tested: bool
    declared: tuple[Declared, ...] = ()

    @property
    def missed(self) -> tuple[str, ...]:
        """What is neither reached nor declared to be out of reach."""
        declared = {each.names for each in self.declared}
        return tuple(missed for each in self.counts for missed in each.missed if missed not in declared)

    @property
    def stale(self) -> tuple[Declared, ...]:
        """What is declared to be out of reach and is reached, or is nothing that is counted."""
        missed = {missed for each in self.counts for missed in each.missed}
        return tuple(each for each in self.declared if each.names not in missed)


@dataclass(frozen=True)
class PackCoverage:
    """What the tests of a pack reach.

    Attributes:
        shared: limits of the facts, and parameters, that rules share, over all their tests; None when not all were run.
    """

    pack: str
    rules: tuple[RuleCoverage, ...]
    shared: RuleCoverage | None

    @property
    def parts(self) -> tuple[RuleCoverage, ...]:
        """The rules, and what they share."""
        return (*self.rules, *((self.shared,) if self.shared is not None else ()))

    @property
    def complete(self) -> bool:
        """Whether everything is reached or declared, and every declaration is true."""
        return not any(each.missed or each.stale for each in self.parts)


def coverage(pack: PackTests, several: Sequence[RuleTests], results: Iterable[Result]) -> PackCoverage:
    """Count what a run reached.

    Args:
        pack: the pack.
        several: the tests that were run; limits of shared facts are counted only when they are those of all rules.
        results: what became of them.
    """
    limits = definitions(dict(written_facts(pack.library, pack.name)))
    reached = list(results)
    by_rule: dict[str, list[Result]] = {each.rule: [] for each in several}
    for result in reached:
        by_rule[result.trial.rule.name].append(result)
    usual = {rule.name: rule for rule in pack.compiled.plan.rules}
    rules = []
    for name, its_own in by_rule.items():
        rule = usual.get(name) or (its_own[0].trial.rule if its_own else None)
        if rule is not None:
            mine = [each for each in limits if each.prefix == f"{name}."]
            found = _of_rule(rule, its_own, mine, pack)
            declared = next(each.unreachable for each in several if each.rule == name)
            rules.append(replace(found, declared=declared))
    shared = None
    if len(several) == len(pack.rules):
        asked = {fact.name for result in reached for fact in closure(_asked(result.trial.rule))}
        mine = [each for each in limits if not each.prefix and each.name in asked]
        bounds = _bounds(pack.compiled.scope.parameters, reached)
        shared = RuleCoverage(SHARED, (_boundaries(mine, reached, pack), bounds), True, pack.unreachable)
    return PackCoverage(pack.name, tuple(rules), shared)


def _of_rule(rule: Rule, results: Sequence[Result], limits: Sequence[Definition], pack: PackTests) -> RuleCoverage:
    reached = {str(run.decision.case.at) for run in _runs(results) if run.decision is not None and run.decision.case}
    cases = tuple(_named(case) for case in rule.cases if str(case.at) not in reached)
    rows = {f"{case.at} row {number}": when for case in rule.cases for number, when in enumerate(case.when, 1)}
    states = [run.states for run in _runs(results) if run.decision is not None and run.decision.case is not None]
    held = {name for name, when in rows.items() if any(_holds(when, each) for each in states)}
    phases = {run.answer.decisions.phase for run in _runs(results) if run.answer.decisions is not None}
    facts = _asked(rule)
    seen = {(name, state) for each in states for name, state in each.items()}
    possible = [(fact.name, state) for fact in facts for state in (*fact.domain, UNKNOWN)]
    unseen = tuple(f"{name} {state}" for name, state in possible if (name, state) not in seen)
    return RuleCoverage(
        rule.name,
        (
            Count("cases", len(rule.cases), cases),
            Count("rows", len(rows), tuple(name for name in rows if name not in held)),
            Count("phases", len(rule.phases), tuple(f"phase {each}" for each in sorted(rule.phases - phases))),
            Count("states", len(possible), unseen),
            _boundaries(limits, results, pack),
            _bounds(rule.parameters, results),
        ),
        bool(results),
    )


def _runs(results: Iterable[Result]) -> Iterator[Run]:
    return (result.runs[0] for result in results)


def _named(case: Case) -> str:
    if case.finding is not None:
        return f"{case.at} {case.finding.id} {case.finding.indicator}"
    return f"{case.at} " + (f"silent: {case.silent}" if case.silent else f"not_checked: {case.not_checked}")


def _holds(when: Condition, states: Mapping[str, str]) -> bool:
    return all(states.get(fact.name) in allowed for fact, allowed in when)


def _asked(rule: Rule) -> tuple[Fact, ...]:
    return tuple({fact.name: fact for case in rule.cases for when in case.when for fact, _ in when}.values())


def _boundaries(limits: Sequence[Definition], results: Iterable[Result], pack: PackTests) -> Count:
    units = pack.library.shared.units
    found: set[Met] = set()
    for result in results:
        for each in limits:
            found.update(met(each, result.runs[0], result.trial.rule, result.trial.compiled, units))
    wanted = [Met(each.name, limit, side) for each in limits for limit in each.limits for side in (AT, PAST)]
    missed = tuple(f"{each.side} {each.limit} of {each.fact}" for each in wanted if each not in found)
    return Count("limits", len(wanted), missed)


def _bounds(parameters: Mapping[str, Parameter], results: Iterable[Result]) -> Count:
    """Parameters at both bounds, or as each option: a site may set them so, and the rule must then still hold."""
    wanted = {name: tuple(dict.fromkeys(_ends(each))) for name, each in parameters.items()}
    seen: set[tuple[str, str]] = set()
    for result in results:
        trial = result.trial
        in_force = {**trial.compiled.scope.parameters, **trial.rule.parameters}
        seen.update((name, str(each.value)) for name, each in in_force.items() if name in wanted)
    missed = tuple(f"{name} {end}" for name, ends in wanted.items() for end in ends if (name, end) not in seen)
    return Count("bounds", sum(map(len, wanted.values())), missed)


def _ends(parameter: Parameter) -> Iterator[str]:
    yield from parameter.options
    yield from (str(each) for each in (parameter.lowest, parameter.highest) if each is not None)


def coverage_lines(found: PackCoverage) -> Iterator[str]:
    """The counts, one line a rule, and below it what was missed and which declarations are stale."""
    yield f"coverage of {found.pack}"
    for part in found.parts:
        yield f"  {part.rule}: {', '.join(str(each) for each in part.counts if each.known)}"
        if part.tested:
            yield from (f"    never: {missed}" for missed in part.missed)
            yield from (
                f"    {each.at}: STALE unreachable: {each.names} is reached, or not counted" for each in part.stale
            )
    if not found.complete:
        yield "  what no test reaches, and no unreachable: entry declares, fails this command"
