"""Cases from a handful of resources, and the facts of the shipped content that look at them."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cds.chart.arrive import arrive, missing
from cds.chart.chart import Chart, Source
from cds.chart.page import read_page
from cds.facts.case import Case
from cds.language.fact import closure
from cds.values.known import Reason

TODAY = date(2026, 11, 24)
UTC = ZoneInfo("UTC")
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"
NDC = "http://hl7.org/fhir/sid/ndc"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
PATIENT = "p1"


def concept(system: str = "", code: str = "", text: str = "", display: str = "") -> dict[str, Any]:
    """A CodeableConcept with one coding, or with words only."""
    coding = {"system": system, "code": code, **({"display": display} if display else {})}
    return {**({"coding": [coding]} if code else {}), **({"text": text} if text else {})}


def ago(days: int) -> str:
    """The day so many days before the day of evaluation."""
    return (TODAY - timedelta(days=days)).isoformat()


def resource(kind: str, name: str, **members: Any) -> dict[str, Any]:
    """A resource of the patient."""
    members = {key: value for key, value in members.items() if value is not None}
    return {"resourceType": kind, "id": name, "subject": {"reference": f"Patient/{PATIENT}"}, **members}


def observation(name: str, code: str, on: str | None, status: str = "final", **members: Any) -> dict[str, Any]:
    """An Observation with a LOINC code."""
    return resource("Observation", name, status=status, code=concept(LOINC, code), effectiveDateTime=on, **members)


def quantity(value: Any, unit: str = "", comparator: str = "") -> dict[str, Any]:
    """A Quantity with a UCUM code."""
    coded = {"unit": unit, "code": unit, "system": "http://unitsofmeasure.org"} if unit else {}
    return {"value": value, **coded, **({"comparator": comparator} if comparator else {})}


def chart(plan, unavailable=(), next_pages=(), **groups: list[Any]) -> Chart:
    """A chart of resources by group; groups not named are empty, as if looked for in vain."""
    arrivals = {}
    for name, group in plan.groups.items():
        if name in unavailable:
            arrivals[name] = missing(group, Reason.NOT_SUPPLIED)
            continue
        bundle: dict[str, Any] = {
            "resourceType": "Bundle",
            "entry": [{"resource": each} for each in groups.get(name, ())],
        }
        if name in next_pages:
            bundle["link"] = [{"relation": "next", "url": "more"}]
        arrivals[name] = arrive(group, [read_page(bundle)], PATIENT, UTC, Source.PREFETCH)
    return Chart(arrivals)


def case(plan, session=(), **groups: Any) -> Case:
    """A case over a chart of resources by group."""
    return Case(chart(plan, **groups), TODAY, UTC, {}, frozenset(session))


def facts(plan) -> dict[str, Any]:
    """Every fact that decides or fills a case of the plan, by name; facts of one rule as ``rule.fact``."""
    found: dict[str, Any] = {}
    for rule in plan.rules:
        asked = [fact for each in rule.cases for when in each.when for fact, _ in when]
        shown = [slot.fact for each in rule.cases if each.finding for slot in _slots(each.finding)]
        for fact in closure((*asked, *shown, plan.phase)):
            found.setdefault(fact.name, fact)
            found[f"{rule.name}.{fact.name}"] = fact
    return found


def _slots(finding):
    return (*finding.headline.slots, *finding.found.slots, *finding.why.slots, *finding.do.slots)


def retrieves(plan) -> dict[str, Any]:
    """Every retrieve of the plan by name."""
    return {each.name: each for fact in facts(plan).values() for each in fact.built.retrieves}
