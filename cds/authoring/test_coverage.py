"""What rule tests reach: cases, rows, phases, states of facts, both sides of limits, and bounds. Never rounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cds.authoring.cover_items import (
    BOUNDS,
    CASES,
    LIMITS,
    PHASES,
    ROWS,
    STATES,
    Item,
    asked,
    items_of_bounds,
    items_of_limits,
    items_of_rule,
    reached,
    reached_limits,
)
from cds.authoring.test_boundaries import Definition, definitions
from cds.authoring.test_evaluate import Result, judge, narrowed, request_of
from cds.authoring.test_file import Declared
from cds.authoring.test_pack import Setup, TestedPack
from cds.authoring.test_suite import PackTests, RuleTests, written_facts
from cds.authoring.test_trial import Trial
from cds.language.fact import closure
from cds.language.node import Text
from cds.language.pack import Compiled
from cds.language.parameters import Parameter
from cds.language.plan import Case, Rule
from cds.language.report import Report

SHARED = "shared facts"


@dataclass(frozen=True)
class Missed:
    """An item that no test reaches, and the words that name it."""

    item: Item
    words: str


@dataclass(frozen=True)
class Count:
    """Things of one kind that tests can reach.

    Attributes:
        what: their kind, in the plural.
        known: how many there are.
        missed: those that were not reached.
    """

    what: str
    known: int
    missed: tuple[Missed, ...]

    def __str__(self) -> str:
        return f"{self.what} {self.known - len(self.missed)}/{self.known}"


@dataclass(frozen=True)
class PartCoverage:
    """What tests reach of one rule, or of what rules share.

    Attributes:
        name: the rule's, or ``shared facts``.
        path: of the file in which it is declared what cannot be reached.
        tested: whether there is any test.
        declared: what is declared to be out of reach.
    """

    name: str
    path: str
    counts: tuple[Count, ...]
    tested: bool
    declared: tuple[Declared, ...] = ()

    @property
    def missed(self) -> tuple[Missed, ...]:
        """What is neither reached nor declared to be out of reach."""
        declared = {each.names for each in self.declared}
        return tuple(missed for each in self.counts for missed in each.missed if missed.words not in declared)

    @property
    def stale(self) -> tuple[Declared, ...]:
        """What is declared to be out of reach and is reached, or is nothing that is counted."""
        missed = {missed.words for each in self.counts for missed in each.missed}
        return tuple(each for each in self.declared if each.names not in missed)


@dataclass(frozen=True)
class PackCoverage:
    """What the tests of a pack reach.

    Attributes:
        shared: limits of the facts, and parameters, that rules share, over all their tests; None when not all were run.
    """

    pack: str
    rules: tuple[PartCoverage, ...]
    shared: PartCoverage | None

    @property
    def parts(self) -> tuple[PartCoverage, ...]:
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
    counter = _Counter(pack)
    everything = list(results)
    by_rule: dict[str, list[Result]] = {each.rule: [] for each in several}
    for result in everything:
        by_rule[result.trial.rule.name].append(result)
    usual = {rule.name: rule for rule in pack.compiled.plan.rules}
    rules = []
    for tests in several:
        its_own = by_rule[tests.rule]
        rule = usual.get(tests.rule) or (its_own[0].trial.rule if its_own else None)
        if rule is not None:
            mine = [each for each in limits if each.prefix == f"{rule.name}."]
            counts = counter.of_rule(rule, its_own, mine)
            rules.append(PartCoverage(rule.name, tests.path, counts, bool(its_own), tests.unreachable))
    shared = None
    if len(several) == len(pack.rules):
        known = {fact.name for result in everything for fact in closure(asked(result.trial.rule))}
        mine = [each for each in limits if not each.prefix and each.name in known]
        counts = counter.of_shared(everything, mine)
        shared = PartCoverage(SHARED, pack.path, counts, True, pack.unreachable)
    return PackCoverage(pack.name, tuple(rules), shared)


class _Counter:
    def __init__(self, pack: PackTests) -> None:
        self.pack = pack
        self.without = Without(pack.names)

    def of_rule(self, rule: Rule, results: Sequence[Result], limits: Sequence[Definition]) -> tuple[Count, ...]:
        found = {item for result in results for item in reached(result.runs[0], result.trial.rule)}
        found |= self.limits(limits, results) | self.bounds(rule.parameters, results)
        items = (*items_of_rule(rule), *items_of_limits(limits), *items_of_bounds(rule.parameters))
        cases = {str(case.at): case for case in rule.cases}
        return tuple(_count(kind, items, found, cases) for kind in (CASES, ROWS, PHASES, STATES, LIMITS, BOUNDS))

    def of_shared(self, results: Sequence[Result], limits: Sequence[Definition]) -> tuple[Count, ...]:
        parameters = self.pack.compiled.scope.parameters
        found = self.limits(limits, results) | self.bounds(parameters, results)
        items = (*items_of_limits(limits), *items_of_bounds(parameters))
        return tuple(_count(kind, items, found, {}) for kind in (LIMITS, BOUNDS))

    def limits(self, limits: Sequence[Definition], results: Iterable[Result]) -> set[Item]:
        units = self.pack.library.shared.units
        return {
            item
            for result in results
            for item in reached_limits(result.runs[0], limits, result.trial.rule, result.trial.compiled, units)
        }

    def bounds(self, parameters: Mapping[str, Parameter], results: Iterable[Result]) -> set[Item]:
        wanted = set(items_of_bounds(parameters))
        found: set[Item] = set()
        for result in results:
            trial = result.trial
            in_force = {**trial.compiled.scope.parameters, **trial.rule.parameters}
            for name in parameters:
                item = Item(BOUNDS, (name, str(in_force[name].value)))
                if item in wanted and item not in found and self.without.matters(trial, name):
                    found.add(item)
        return found


class Without:
    """Tells whether a test would notice that a parameter is not set as it sets it.

    Args:
        names: of the pack; plans without a parameter are compiled once.
    """

    def __init__(self, names: TestedPack) -> None:
        self._names = names.afresh(Report())

    def matters(self, trial: Trial, name: str) -> bool:
        """Whether a test rests on the setting of a parameter: it would fail without it, or it does not set it.

        A value that is in force without a setting is that of the profile, which limits are tested with.
        """
        kept = tuple(each for each in trial.setup.parameters if each[0] != name)
        if kept == trial.setup.parameters:
            return True
        other = self._compiled(trial, kept) or self._compiled(trial, ())
        if other is None or all(rule.name != trial.rule.name for rule in other.plan.rules):
            return False
        return not judge(narrowed(trial, other), request_of(trial)).holds

    def _compiled(self, trial: Trial, kept: tuple[tuple[str, str], ...]) -> Compiled | None:
        """The plan with some of a test's settings; None where the order of several forbids it."""
        setup = Setup(trial.setup.profile, kept, trial.setup.rule if kept else "")
        return self._names.compiled(setup, {name: Text(trial.at, value) for name, value in kept})


def _count(what: str, items: Sequence[Item], found: set[Item], cases: Mapping[str, Case]) -> Count:
    mine = [each for each in items if each.kind == what]
    return Count(what, len(mine), tuple(Missed(each, each.words(cases)) for each in mine if each not in found))


def coverage_lines(found: PackCoverage) -> Iterator[str]:
    """The counts, one line a rule, and below it what was missed and which declarations are stale."""
    yield f"coverage of {found.pack}"
    for part in found.parts:
        yield f"  {part.name}: {', '.join(str(each) for each in part.counts if each.known)}"
        if part.tested:
            yield from (f"    never: {missed.words}" for missed in part.missed)
            yield from (
                f"    {each.at}: STALE unreachable: {each.names} is reached, or not counted" for each in part.stale
            )
    if not found.complete:
        yield "  what no test reaches, and no unreachable: entry declares, fails this command"
