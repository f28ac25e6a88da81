"""``unreachable-bound``: a min or a max that no site can set, whatever else it sets, since the facts refuse it."""

from __future__ import annotations

from itertools import product

from cds.language.checks.settings import Bound, Settings, Workbench
from cds.language.checks.subject import Subject
from cds.language.fact import Fact
from cds.language.parameters import Parameter, Setting
from cds.language.report import Report
from cds.values.diagnostic import Diagnostic

_MOST_TOGETHER = 5
"""Other parameters that are tried at their own bounds beside the one in question."""


def check(subject: Subject, report: Report) -> None:
    """Report each bound that a fact refuses under every setting of the other parameters that it rests on."""
    bench = Workbench(subject)
    for fact in bench.facts():
        parameters = bench.parameters_of(fact) if fact.parameters else {}
        for name, parameter in parameters.items():
            for bound in bench.bounds_of(name, parameter):
                refused = _refused(bench, fact, {bound.name: bound.value})
                if refused is not None and reached_with(bench, fact, bound, parameters) is None:
                    _report(bound, parameter, refused, report)


def reached_with(bench: Workbench, fact: Fact, bound: Bound, parameters: dict[str, Parameter]) -> Settings | None:
    """The fewest other settings, each at a bound of its own, with which a fact accepts a bound; None if none do."""
    others = [name for name in parameters if name != bound.name][:_MOST_TOGETHER]
    values: list[list[Setting]] = []
    for name in others:
        each = parameters[name]
        values.append([each.value, *(end.value for end in bench.bounds_of(name, each)), *each.options])
    ways = [dict(zip(others, way, strict=True)) for way in product(*values)]
    changed = [{name: value for name, value in way.items() if value != parameters[name].value} for way in ways]
    for settings in sorted(changed, key=len):
        if _refused(bench, fact, {**settings, bound.name: bound.value}) is None:
            return settings
    return None


def _refused(bench: Workbench, fact: Fact, settings: Settings) -> Diagnostic | None:
    _, said = bench.compiled(fact, settings)
    return said[0] if said else None


def _report(bound: Bound, parameter: Parameter, refused: Diagnostic, report: Report) -> None:
    report.warning(
        "unreachable-bound",
        bound.node.at,
        f"{parameter.name} can never be set to {bound.value}, its {bound.end}: {refused.what}",
        "A site that sets it would be refused, whatever else it sets.",
        f"Write a {bound.end} that can be set, or move the bounds of what stands in its way.",
    )
