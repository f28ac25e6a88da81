"""``unseen-value``: a result young enough to count as there, and too old for its value to be looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cds.language.checks.settings import Settings, Workbench
from cds.language.checks.subject import Subject
from cds.language.fact import Fact
from cds.language.node import Node
from cds.language.report import Report

_COMPARING = frozenset({"at_least", "above", "below", "band"})
_COUNTED_BY_DAYS = "d"


def check(subject: Subject, report: Report) -> None:
    """Report each ``exists`` that reaches further back than every comparison of the values of what it looks for.

    It is looked for with the values in force, and with each parameter of the two at its bounds.
    """
    bench = Workbench(subject)
    looks = _looks(bench)
    for fact in bench.facts():
        node = bench.definition(fact).get("dated_within")
        if fact.kind != "exists" or node is None or fact.built.days_back is None:
            continue
        for retrieve in fact.built.retrieves:
            values = looks.get(retrieve.name, ())
            for at, settings, said in _ways(bench, fact, values, node):
                days, looked = _days(bench, fact, settings), _widest(bench, values, settings)
                if days is not None and looked is not None and days > looked:
                    _report(at, fact, retrieve.called or retrieve.name, days, looked, said, report)
                    break


def _looks(bench: Workbench) -> Mapping[str, tuple[Fact, ...]]:
    """Retrieve → the facts whose values of it are compared with limits."""
    found: dict[str, dict[Fact, None]] = {}
    for fact in bench.facts():
        if fact.kind in _COMPARING:
            for value in _values(fact.needs[0]):
                for retrieve in value.built.retrieves:
                    found.setdefault(retrieve.name, {})[value] = None
    return {name: tuple(facts) for name, facts in found.items()}


def _values(fact: Fact) -> Iterator[Fact]:
    """The facts that look at the record for a value; how old something is, is no value of it."""
    if fact.built.unit == _COUNTED_BY_DAYS:
        return
    if fact.built.retrieves:
        yield fact
    for each in fact.needs:
        yield from _values(each)


def _ways(bench: Workbench, fact: Fact, values: tuple[Fact, ...], node: Node) -> Iterator[tuple[Node, Settings, str]]:
    """The values in force, then each parameter at a bound: where to report, what is set, and how it is said."""
    yield node, {}, ""
    for each in (fact, *values):
        for name, parameter in bench.parameters_of(each).items():
            for bound in bench.bounds_of(name, parameter):
                yield bound.node, {name: bound.value}, f", where {parameter.name} is {bound.value}, its {bound.end}"


def _days(bench: Workbench, fact: Fact, settings: Settings) -> int | None:
    """How far back a fact looks under settings, in days; None when it looks back for ever, or cannot be compiled."""
    compiled = bench.compiled(fact, settings)[0] if settings else fact
    days = compiled.built.days_back if compiled is not None else None
    counts_first = "first_day_counts" in bench.definition(fact)
    return days - 1 if days is not None and counts_first else days


def _widest(bench: Workbench, values: tuple[Fact, ...], settings: Settings) -> int | None:
    days = [_days(bench, each, settings) for each in values]
    known = [each for each in days if each is not None]
    return max(known) if known and len(known) == len(days) else None


def _report(at: Node, fact: Fact, called: str, days: int, looked: int, said: str, report: Report) -> None:
    report.warning(
        "unseen-value",
        at.at,
        f"{fact.name.rpartition('.')[2]} counts {called} of the last {days} days, and values are compared for "
        f"{looked} days only{said}",
        "A result between the two counts as done, and how high it is nobody looks at.",
        "Look at values at least as far back.",
    )
