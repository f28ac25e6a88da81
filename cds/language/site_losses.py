"""What a client loses by never supplying a data group: rule by rule, and whether that is accepted in writing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cds.language.fact import Fact
from cds.language.pack import reached_groups
from cds.language.plan import SHOW, Plan, Rule
from cds.language.report import Report
from cds.language.site_client import Client
from cds.values.known import UNKNOWN


@dataclass(frozen=True)
class Loss:
    """A rule that looks at a data group which is never supplied.

    Attributes:
        checks: what it can no longer check, in the words of its cases; empty when it decides without the group.
        groups: the groups that it misses.
    """

    rule: Rule
    checks: tuple[str, ...]
    groups: tuple[str, ...]


def losses(plan: Plan) -> tuple[Loss, ...]:
    """Every rule shown under a plan that looks at a group which its client never supplies."""
    found = []
    for rule in plan.rules:
        asked = [fact for case in rule.cases for when in case.when for fact, _ in when]
        missed = _missed(plan, asked)
        if rule.mode != SHOW or not missed:
            continue
        lost = {
            case.not_checked: _missed(plan, unknown)
            for case in rule.cases
            if case.not_checked
            for unknown in [[fact for when in case.when for fact, states in when if UNKNOWN in states]]
        }
        checks = tuple(name for name, groups in lost.items() if groups)
        found.append(Loss(rule, checks, missed))
    return tuple(found)


def _missed(plan: Plan, facts: Iterable[Fact]) -> tuple[str, ...]:
    reached = reached_groups(facts)
    return tuple(name for name in plan.never if name in reached)


def check_losses(plan: Plan, client: Client, report: Report) -> None:
    """Report each safety-critical rule that a client loses without a reason, and each reason that covers no loss."""
    lost = {f"{plan.name}/{each.rule.name}": each for each in losses(plan) if each.checks}
    for name, loss in lost.items():
        if not loss.rule.safety_critical or name in client.lost:
            continue
        report.error(
            "lost-without-reason",
            client.never.keys[loss.groups[0]].at,
            f"without {' and '.join(loss.groups)} the safety-critical {name} cannot check {' and '.join(loss.checks)}",
            "Nobody who prescribes here would be told so.",
            f"Write why that is acceptable, under data: lost: {{{name}: …}}, or let the client supply the data.",
        )
    for key, _ in client.lost:
        if key.value.startswith(f"{plan.name}/") and key.value not in lost:
            report.warning("not-lost", key.at, f"{key.value} is not lost", remedy="Remove the reason.")
