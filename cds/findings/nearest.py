"""What would have to be different: the cases of a rule that are nearest to the one that holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cds.facts.case import Case as Patient
from cds.findings.decide import Decision
from cds.language.fact import Fact
from cds.language.group import DataGroup
from cds.language.plan import Case, Plan
from cds.language.scope import Condition
from cds.values.known import UNKNOWN, Outcome, Reason, Unknown

MOST = 3
"""So many cases are named at most."""

_RESOLVES = {
    Reason.NOT_SUPPLIED: "{title} (prefetch “{group}”, or {type} of a FHIR server)",
    Reason.NOT_OFFERED: "a client that offers {title} (“{group}”)",
    Reason.NOT_PERMITTED: "permission to read {type} ({title})",
    Reason.FETCH_FAILED: "a FHIR server that answers when {type} is read ({title})",
    Reason.TIMED_OUT: "an answer in time when {type} is read ({title})",
    Reason.TRUNCATED: "all pages of {title} (“{group}”)",
    Reason.UNUSABLE_VALUE: "a value that can be read in {where}",
    Reason.DATE_MISSING: "a date in {where}",
    Reason.DATE_TOO_COARSE: "the day, not only month or year, in {where}",
    Reason.CONFLICTING: "entries that do not contradict each other: {where}",
    Reason.SETTING_BLANK: "a value for the setting {where}",
}


def nearest(decision: Decision, plan: Plan, patient: Patient) -> list[dict[str, Any]]:
    """The other cases that need the fewest facts in another state, each with what it needs and what is so now.

    Cases that need something to become unknown are left out: nobody wants to get there.
    """
    if decision.case is None:
        return []
    ways = [
        (len(unmet), case.number, case, unmet)
        for case in decision.rule.cases
        if case is not decision.case
        for unmet in [_shortest(case, patient)]
        if unmet
    ]
    ways.sort(key=lambda way: way[:2])
    return [
        {**_ending(case), "needs": [_need(fact, states, plan, patient) for fact, states in unmet]}
        for _, _, case, unmet in ways[:MOST]
    ]


def _shortest(case: Case, patient: Patient) -> Condition:
    """Of a case's conditions the one that the fewest facts keep from holding, as those facts; empty when none can."""
    ways = []
    for condition in case.when:
        unmet = tuple((fact, states) for fact, states in condition if patient.state(fact) not in states)
        if all(states - {UNKNOWN} for _, states in unmet):
            ways.append(unmet)
    return min(ways, key=len, default=())


def _ending(case: Case) -> dict[str, Any]:
    said: dict[str, Any] = {"case": case.number}
    if case.finding is not None:
        return {**said, "finding": case.finding.id, "indicator": case.finding.indicator}
    return {**said, "silent": case.silent} if case.silent else {**said, "notChecked": case.not_checked}


def _need(fact: Fact, states: frozenset[str], plan: Plan, patient: Patient) -> dict[str, Any]:
    outcome = patient.outcome(fact)
    said: dict[str, Any] = {
        "fact": fact.name,
        "ask": fact.ask,
        "needs": sorted(states - {UNKNOWN}),
        "is": outcome.state,
    }
    now = _now(outcome)
    if now:
        said["now"] = now
    if outcome.why:
        said["why"] = list(dict.fromkeys(f"{each.reason} {each.group}".strip() for each in outcome.why))
        said["resolve"] = list(dict.fromkeys(_resolve(each, plan.groups) for each in outcome.why))
    return said


def _now(outcome: Outcome) -> str:
    """The value of today, and its day; of a fact without a value what it rests on."""
    if outcome.value is not None:
        return f"{outcome.value}{f' of {outcome.on}' if outcome.on is not None else ''}"
    rests = [f"{each.says}{f' of {each.on}' if each.on is not None else ''}" for each in outcome.evidence if each.says]
    more = f" and {len(rests) - 1} more" if len(rests) > 1 else ""
    return f"{rests[0]}{more}" if rests else ""


def _resolve(why: Unknown, groups: Mapping[str, DataGroup]) -> str:
    group = groups.get(why.group)
    title, kind = (group.title, group.type) if group is not None else (why.group or "the data", "the resource")
    where = why.where or title
    return _RESOLVES[why.reason].format(title=title, type=kind, group=why.group, where=where)


def nearest_lines(ways: list[dict[str, Any]]) -> list[str]:
    """The same as text, a line for each case."""
    return [f"  {_case(way)} would need: {'; '.join(_said(each) for each in way['needs'])}" for way in ways]


def _case(way: Mapping[str, Any]) -> str:
    if "finding" in way:
        return f"{way['finding']} ({way['indicator']})"
    return f"silence ({way['silent'].rstrip('.')})" if "silent" in way else f"not checked ({way['notChecked']})"


def _said(need: Mapping[str, Any]) -> str:
    now = f": {need['now']}" if "now" in need else ""
    resolve = f", {', '.join(need['why'])}; to know it takes {' and '.join(need['resolve'])}" if "why" in need else ""
    return f"{need['fact']} {' or '.join(need['needs'])} (is {need['is']}{now}{resolve})"
