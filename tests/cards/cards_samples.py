"""Findings of made-up rules, decided and made into cards with the words of the shipped content."""

from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from cds.cards.merge import Frame, make_cards
from cds.cards.text import Writer
from cds.chart.chart import Chart
from cds.facts.case import Case as Patient
from cds.findings.decide import Decision, Decisions, Verdict
from cds.language.plan import Case, Evidence, Finding, OverrideReason, Rule, SuggestionPlan, Topic
from cds.language.template import Template
from cds.values.diagnostic import Position
from cds.values.known import Reason, Unknown
from cds.wire.call import HookContext, Medication, Order

AT = Position("rules/made/up.yaml", 1, 1)
TOPICS = tuple(Topic(each, f"Topic {each}") for each in ("a", "b", "c", "d", "e", "f", "g", "h", "unavailable"))
SOURCE = Evidence("s1", "A guideline", "1.2", "grade", "https://guideline.example.org")
OTHER = Evidence("s2", "Another guideline", "", "grade", "https://other.example.org")


def text(words: str | Template) -> Template:
    """A text without slots, unless it is a template already."""
    if isinstance(words, Template):
        return words
    return Template((words,) if words else ())


def suggestion(name: str, action: str = "create") -> SuggestionPlan:
    """A suggestion of an order, or of removing the order."""
    resource = {"resourceType": "ServiceRequest", "status": "draft", "intent": "proposal", "code": {"text": name}}
    return SuggestionPlan(name, f"Label {name}", f"Does {name}.", action, resource if action == "create" else {})


def reason(name: str) -> OverrideReason:
    """An override reason."""
    return OverrideReason(name, "urn:made:up", name, f"Reason {name}")


def rule(name: str, topic: str, case: Case, evidence=(SOURCE,), safety_critical: bool = True) -> Rule:
    """A rule with one case."""
    return Rule(
        name=name,
        title=name,
        version="1.0.0",
        status="active",
        at=AT,
        topic=topic,
        phases=frozenset({"initial"}),
        safety_critical=safety_critical,
        evidence=evidence,
        facts=(),
        cases=(case,),
        parameters={},
    )


def shown(id: str, topic: str, indicator: str = "warning", evidence=(SOURCE,), **texts: Any) -> Decision:
    """A finding that is shown."""
    said = {"headline": f"Headline {id}", "found": f"Found {id}.", "why": f"Why {id}.", "do": f"do {id}.", **texts}
    finding = Finding(
        id=id,
        indicator=indicator,
        **{key: text(said[key]) for key in ("headline", "found", "why", "do")},
        suggest=tuple(said.get("suggest", ())),
        override=tuple(said.get("override", ())),
    )
    case = Case(AT, ((),), finding)
    return Decision(rule(f"rule-{id}", topic, case, evidence), Verdict.SHOWN, case)


def unchecked(name: str, topic: str, *why: Unknown, safety_critical: bool = True) -> Decision:
    """A rule that could not be checked."""
    case = Case(AT, ((),), not_checked=name)
    reasons = why or (Unknown(Reason.NOT_SUPPLIED, "labs"),)
    return Decision(rule(f"rule-{name}", topic, case, (), safety_critical), Verdict.NOT_CHECKED, case, reasons)


def order(name: str = "draft-1", version: str = "R4") -> Order:
    """A new order."""
    return Order(f"MedicationRequest/{name}", version, {}, Medication())


def context(*orders: Order, **members: str) -> HookContext:
    """The context of a call about a patient."""
    return HookContext("p1", "PractitionerRole/r1", members.get("encounter", ""), orders or (order(),))


def cards(plan, *decided: Decision, notes=(), about: HookContext | None = None, outcomes: Any = None, topics=TOPICS):
    """The cards of some decisions."""
    made_up = replace(plan, topics=topics, notes=tuple(notes), rules=tuple(each.rule for each in decided))
    patient = Patient(Chart({}), date(2026, 11, 24), ZoneInfo("UTC"))
    patient.outcomes.update(outcomes or {})
    writer = Writer(patient, plan.words, plan.groups)
    number = count(1)
    frame = Frame("https://cds.example.org", lambda: f"00000000-0000-4000-8000-{next(number):012}")
    return make_cards(made_up, Decisions("initial", decided), about or context(), writer, frame)
