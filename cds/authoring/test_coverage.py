"""What rule tests reach: cases, rows, phases, states of facts, and both sides of each limit. Never rounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cds.authoring.test_boundaries import AT, PAST, Definition, Met, definitions, met
from cds.authoring.test_evaluate import Result, Run
from cds.authoring.test_suite import PackTests, RuleTests, written_facts
from cds.language.fact import Fact, closure
from cds.language.plan import Case, Rule
from cds.language.scope import Condition
from cds.values.known import UNKNOWN


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

    @property
    def complete(self) -> bool:
        """Whether every case is reached: less than that fails the command."""
        return all(not each.missed for each in self.counts if each.what == "cases")


@dataclass(frozen=True)
class PackCoverage:
    """What the tests of a pack reach; ``shared`` are the limits of the facts that rules share, over all their tests."""

    pack: str
    rules: tuple[RuleCoverage, ...]
    shared: Count | None

    @property
    def complete(self) -> bool:
        """Whether every case of every rule is reached."""
        return all(each.complete for each in self.rules)


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
            rules.append(_of_rule(rule, its_own, [each for each in limits if each.prefix == f"{name}."], pack))
    shared = None
    if len(several) == len(pack.rules):
        asked = {fact.name for result in reached for fact in closure(_asked(result.trial.rule))}
        shared = _boundaries([each for each in limits if not each.prefix and each.name in asked], reached, pack)
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


def coverage_lines(found: PackCoverage) -> Iterator[str]:
    """The counts, one line a rule, and below it what was missed."""
    yield f"coverage of {found.pack}"
    for rule in found.rules:
        yield f"  {rule.rule}: {', '.join(str(each) for each in rule.counts if each.known)}"
        if rule.tested:
            yield from (f"    never: {missed}" for each in rule.counts for missed in each.missed)
    if found.shared is not None:
        yield f"  shared facts: {found.shared}"
        yield from (f"    never: {missed}" for missed in found.shared.missed)
    if not found.complete:
        yield "  a case that no test reaches fails this command"
