"""Why each card came, and why each other rule is silent: one dictionary, and its rendering as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cds.chart.chart import Arrival
from cds.facts.case import Case as Patient
from cds.findings.decide import Decision, Decisions, Verdict
from cds.findings.nearest import nearest, nearest_lines
from cds.language.fact import Fact, closure
from cds.language.parameters import Parameter
from cds.language.plan import OFF, SHOW, Case, Plan
from cds.values.known import Outcome, Unknown


def explanation(plan: Plan, patient: Patient, decisions: Decisions) -> dict[str, Any]:
    """Everything that led to an answer, ready for JSON: how data arrived, and each rule with its deciding facts."""
    return {
        "pack": plan.name,
        "version": plan.version,
        "profile": plan.profile.name,
        **{name: said for name, said in (("site", plan.site), ("client", plan.client)) if said},
        "contentHash": plan.content_hash,
        "today": patient.today.isoformat(),
        "phase": _fact(plan.phase, patient),
        "data": [_arrival(each, plan) for each in patient.chart.arrivals.values()],
        "rules": _rules(plan, patient, decisions),
    }


def _rules(plan: Plan, patient: Patient, decisions: Decisions) -> list[dict[str, Any]]:
    rules = [_rule(each, plan, patient) for each in decisions.all]
    # Afterwards, for it asks facts that nothing has asked yet, and what decided is told without them.
    for said, each in zip(rules, decisions.all, strict=True):
        if ways := nearest(each, plan, patient):
            said["wouldTake"] = ways
    return rules


def _arrival(arrival: Arrival, plan: Plan) -> dict[str, Any]:
    said: dict[str, Any] = {
        "group": arrival.group.name,
        "from": str(arrival.source),
        "resources": len(arrival.entries),
    }
    if arrival.left_out:
        said["leftOut"] = True
    if arrival.why is not None:
        said["why"] = _reason(arrival.why)
        if arrival.group.name in plan.never:
            said["because"] = plan.never[arrival.group.name]
    if arrival.truncated:
        since = arrival.complete_since
        said["completeSince"] = since.isoformat() if since is not None else "nowhere"
    if arrival.broken:
        said["broken"] = [_reason(each) for each in arrival.broken]
    return said


def _rule(decision: Decision, plan: Plan, patient: Patient) -> dict[str, Any]:
    rule = decision.rule
    said: dict[str, Any] = {
        "rule": rule.name,
        "version": rule.version,
        "title": rule.title,
        "verdict": str(decision.verdict),
    }
    if decision.finding is not None:
        said["finding"] = decision.finding.id
        said["indicator"] = decision.finding.indicator
        if confirm := plan.profile.to_confirm(decision.finding):
            said["toConfirm"] = list(confirm)
    if decision.because_of:
        said["becauseOf"] = decision.because_of
    if decision.remembered:
        said["remembered"] = decision.remembered
    if rule.mode != SHOW:
        said["mode"] = {"is": rule.mode, "because": rule.mode_why}
    if rule.mode == OFF:
        return said
    if decision.case is None:
        said["applies"] = sorted(rule.phases)
        return said
    if decision.case.silent:
        said["silent"] = decision.case.silent
    if decision.case.not_checked:
        said["notChecked"] = decision.case.not_checked
        said["why"] = [_reason(each) for each in decision.why]
    said["case"] = str(decision.case.at)
    said["decidedBy"] = [_tree(fact, patient) for fact in _asked(decision.case)]
    said["otherCases"] = [_unmet(case, patient) for case in rule.cases if case is not decision.case]
    if decision.case.not_checked and rule.lost_because:
        said["lostBecause"] = rule.lost_because
    own = tuple(rule.parameters.values())
    facts = closure(_asked(decision.case))
    shared = dict.fromkeys(each for fact in facts for each in fact.parameters if each not in own)
    said["parameters"] = _values(own)
    said["sharedParameters"] = _values(shared)
    return said


def _values(parameters: Iterable[Parameter]) -> dict[str, Any]:
    return {each.name: {"value": each.shown, "from": each.origin} for each in parameters}


def _asked(case: Case) -> tuple[Fact, ...]:
    return tuple({fact.name: fact for when in case.when for fact, _ in when}.values())


def _tree(fact: Fact, patient: Patient) -> dict[str, Any]:
    """A fact with the facts below it that were asked for, each named once."""
    said = _fact(fact, patient)
    below = [each for each in closure(fact.needs) if each.name in patient.outcomes]
    if below:
        said["from"] = [_fact(each, patient) for each in reversed(below)]
    return said


def _fact(fact: Fact, patient: Patient) -> dict[str, Any]:
    outcome = patient.outcome(fact)
    said: dict[str, Any] = {"fact": fact.name, "ask": fact.ask, "state": outcome.state}
    if outcome.value is not None:
        said["value"] = str(outcome.value)
    if outcome.on is not None:
        said["on"] = outcome.on.isoformat()
    if outcome.why:
        said["why"] = [_reason(each) for each in outcome.why]
    if outcome.notes:
        said["leftOut"] = [_reason(each) for each in outcome.notes]
    if outcome.evidence:
        said["evidence"] = [_evidence(each) for each in outcome.evidence]
    elif not fact.needs:
        said["looked"] = _looked(fact, patient, outcome)
    return said


def _evidence(evidence: Any) -> dict[str, str]:
    said = {"resource": evidence.where, "says": evidence.says}
    if evidence.on is not None:
        said["on"] = evidence.on.isoformat()
    return said


def _looked(fact: Fact, patient: Patient, outcome: Outcome) -> list[str]:
    """Where a fact without evidence looked, and how much it saw: the reason of a definite no."""
    said = []
    for retrieve in fact.built.retrieves:
        found = patient.found.get(retrieve.name)
        for group in retrieve.groups:
            arrival = patient.chart.arrivals.get(group)
            if arrival is None or arrival.left_out:
                continue
            fits = f"{len(found.items)} fit" if found is not None else "not looked at"
            said.append(f"{retrieve.name}: {fits} of {len(arrival.entries)} in {group} ({arrival.source})")
    return said if outcome.state != "unknown" else []


def _reason(why: Unknown) -> str:
    return " ".join(part for part in (str(why.reason), why.group, why.where) if part)


def _unmet(case: Case, patient: Patient) -> dict[str, Any]:
    """Another case, and for each of its conditions the first fact that was in another state."""
    ending = case.finding.id if case.finding is not None else (case.silent or case.not_checked)
    unmet = []
    for when in case.when:
        for fact, allowed in when:
            known = patient.outcomes.get(fact.name)
            if known is not None and known.state not in allowed:
                unmet.append(f"{fact.name} is {known.state}, not {' or '.join(sorted(allowed))}")
                break
    return {"case": ending, "unmet": unmet}


# ------------------------------------------------------------------------ text

_SAID = {
    Verdict.SHOWN: "card",
    Verdict.SILENT: "silent",
    Verdict.NOT_CHECKED: "could not be checked",
    Verdict.NOT_THIS_PHASE: "does not apply in this phase",
    Verdict.NOT_ON_THIS_HOOK: "not shown on this hook",
    Verdict.REPLACED: "replaced",
    Verdict.WITHHELD: "withheld",
    Verdict.ALONE: "shown only beside another finding",
    Verdict.SHADOW: "in shadow, not shown",
    Verdict.OFF: "off, not evaluated",
}


def as_text(said: Mapping[str, Any]) -> str:
    """An explanation as plain text, cards first, then silences."""
    phase = said["phase"]
    lines = [
        " · ".join(
            (
                f"{said['pack']} {said['version']}",
                *(f"{name} {said[name]}" for name in ("profile", "site", "client") if name in said),
                said["today"],
            )
        ),
        f"phase of treatment: {phase['state']}" + _because(phase),
        "",
        "Data",
        *(_data_line(each) for each in said["data"]),
    ]
    order = [str(Verdict.SHOWN), str(Verdict.NOT_CHECKED)]
    rules = sorted(said["rules"], key=lambda each: order.index(each["verdict"]) if each["verdict"] in order else 9)
    for rule in rules:
        lines += ["", *_rule_lines(rule)]
    return "\n".join(lines) + "\n"


def _data_line(each: Mapping[str, Any]) -> str:
    if each.get("leftOut"):
        return f"  {each['group']:<12} left out: it does not apply here"
    notes = [f"{each['resources']} resources", f"from {each['from']}"]
    if "why" in each:
        notes = [f"not had: {each['why']}" + (f" ({each['because']})" if "because" in each else "")]
    if "completeSince" in each:
        notes.append(f"pages missing, complete since {each['completeSince']}")
    if "broken" in each:
        notes.append(f"{len(each['broken'])} could not be read")
    return f"  {each['group']:<12} {', '.join(notes)}"


def _rule_lines(rule: Mapping[str, Any]) -> list[str]:
    verdict = _SAID[Verdict(rule["verdict"])]
    finding = f" {rule['finding']} ({rule['indicator']})" if "finding" in rule else ""
    because = f", because of {rule['becauseOf']}" if "becauseOf" in rule else ""
    because += f": {rule['remembered']}" if "remembered" in rule else ""
    lines = [f"{rule['rule']} {rule['version']}: {verdict}{finding}{because}"]
    lines += [f"  {rule[key]}" for key in ("silent", "notChecked") if key in rule]
    lines += [f"  to confirm: {each}" for each in rule.get("toConfirm", ())]
    if "mode" in rule:
        lines.append(f"  mode {rule['mode']['is']}: {rule['mode']['because']}")
    if "lostBecause" in rule:
        lines.append(f"  silent although it could not be checked: {rule['lostBecause']}")
    if "applies" in rule:
        lines.append(f"  it applies when the phase is {', '.join(rule['applies'])}")
    for fact in rule.get("decidedBy", ()):
        lines += _fact_lines(fact, 1)
    values = {**rule.get("sharedParameters", {}), **rule.get("parameters", {})}
    if values:
        said = (f"{name} {each['value']} ({each['from']})" for name, each in values.items())
        lines.append(f"  with {'; '.join(said)}")
    lines += nearest_lines(rule.get("wouldTake", []))
    return lines


def _fact_lines(fact: Mapping[str, Any], depth: int) -> list[str]:
    indent = "  " * depth
    value = f" {fact['value']}" if "value" in fact else ""
    lines = [f"{indent}{fact['fact']} = {fact['state']}{value}{_because(fact)}"]
    for below in fact.get("from", ()):
        lines += _fact_lines(below, depth + 1)
    return lines


def _because(fact: Mapping[str, Any]) -> str:
    parts = [
        f"{each['resource']}{' of ' + each['on'] if 'on' in each else ''}: {each['says']}"
        for each in fact.get("evidence", ())
    ]
    parts += [*fact.get("why", ()), *fact.get("looked", ())]
    parts += [f"left out: {each}" for each in fact.get("leftOut", ())]
    return f"   ← {'; '.join(parts)}" if parts else ""
