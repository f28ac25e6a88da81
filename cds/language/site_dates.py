"""How far back each data group is looked at, so that an EHR may be asked for no more than that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cds.language.fact import Fact, closure
from cds.language.group import DataGroup
from cds.language.plan import OFF, Plan, Rule

MARGIN_DAYS = 3
"""Clocks and time zones differ, and the day of a result may count as day one or not."""


def dated_groups(plan: Plan) -> dict[str, DataGroup]:
    """The plan's groups; those of which only a number of days is looked at ask for no more.

    A group stays without a date where a fact looks at it without a limit, where a resource without a date could change
    an answer, or where it has no search by date.
    """
    limits: dict[str, int | None] = {}
    for fact in closure(tuple(_asked(plan))):
        for retrieve in fact.built.retrieves:
            days = fact.built.days_back if retrieve.doubtful == "absent" else None
            for name in retrieve.groups:
                before = limits.get(name, 0)
                limits[name] = None if days is None or before is None else max(before, days)
    return {name: _dated(group, limits) for name, group in plan.groups.items()}


def _dated(group: DataGroup, limits: Mapping[str, int | None]) -> DataGroup:
    days = limits.get(group.name)
    if days is None or group.is_read or not group.sort:
        return group
    return replace(group, since_days=days + MARGIN_DAYS)


def _asked(plan: Plan) -> Iterable[Fact]:
    yield plan.phase
    for note in plan.notes:
        yield from (fact for fact, _ in note.when)
        yield from (slot.fact for slot in note.say.slots)
    for rule in plan.rules:
        if rule.mode != OFF:
            yield from _of_rule(rule)


def _of_rule(rule: Rule) -> Iterable[Fact]:
    yield from rule.facts
    for case in rule.cases:
        yield from (fact for when in case.when for fact, _ in when)
        if case.finding is not None:
            texts = (case.finding.headline, case.finding.found, case.finding.why, case.finding.do)
            yield from (slot.fact for template in texts for slot in template.slots)
