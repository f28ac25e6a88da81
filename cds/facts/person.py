"""``age`` and ``patient_code``: what the Patient resource says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cds.chart.chart import Arrival
from cds.facts.case import Case
from cds.language.fact import VALUE, Built, Kind
from cds.language.literals import is_name
from cds.language.node import Fields, Text, fields, text, texts
from cds.language.retrieve import Retrieve
from cds.language.scope import Scope
from cds.values.dates import Coarse, Day, read_date, years_between
from cds.values.known import ABSENT, KNOWN, Evidence, Outcome, Reason, Unknown, unknown
from cds.values.quantity import Quantity
from cds.wire.medication import codings

OTHER = "other"


def _group(body: Fields, scope: Scope, keyword: str) -> str | None:
    node = body.get("group") if keyword != "age" else body.get("age")
    if isinstance(node, Text) and scope.names.groups.get(node.value) == "Patient":
        return node.value
    scope.report.error("patient-group", body.at, f"{keyword} needs the data group that reads the Patient")
    return None


def _needed(group: str, body: Fields) -> Retrieve:
    return Retrieve(f"the patient in {group}", body.at, (group,), "Patient", frozenset())


def _patient(case: Case, group: str) -> Mapping[str, Any] | Outcome:
    arrival: Arrival | None = case.chart.arrivals.get(group)
    if arrival is not None and arrival.entries:
        return arrival.entries[0].resource
    if arrival is not None and arrival.why is not None:
        return unknown(arrival.why)
    return unknown(Unknown(Reason.NOT_SUPPLIED, group))


def build_age(body: Fields, scope: Scope) -> Built | None:
    """Compile ``age``: completed years from the birth date."""
    group = _group(body, scope, "age")
    if group is None:
        return None
    one, several = scope.word("shown_age", "{n} a"), scope.word("shown_age_range", "{n}–{most} a")

    def evaluate(case: Case) -> Outcome:
        patient = _patient(case, group)
        if isinstance(patient, Outcome):
            return patient
        born = read_date(patient.get("birthDate"), case.zone)
        where = f"Patient/{patient.get('id', '?')}"
        match born:
            case Day(day):
                years = years_between(day, case.today)
                oldest = years
            case Coarse(earliest, latest):
                years, oldest = years_between(latest, case.today), years_between(earliest, case.today)
            case _:
                return unknown(Unknown(Reason.DATE_MISSING, group, where))
        shown = (one if years == oldest else several).replace("{n}", str(years)).replace("{most}", str(oldest))
        quantity = Quantity(float(years), "a", shown=shown, highest=float(oldest) if oldest != years else None)
        return Outcome(KNOWN, quantity, evidence=(Evidence(where, None, shown),))

    return Built(VALUE, evaluate, (), (_needed(group, body),), unit="a")


def build_patient_code(body: Fields, scope: Scope) -> Built | None:
    """Compile ``patient_code``: a coded element or extension of the Patient, read as one of several names."""
    group = _group(body, scope, "patient_code")
    places = texts(body.get("patient_code"))
    names: dict[str, str] = {}
    for name, node in fields(body.get("names")):
        if not is_name(name.value) or name.value in (OTHER, ABSENT):
            scope.report.error("name", name.at, f"{name.value} cannot name a meaning")
        names.update({code.value: name.value for code in texts(node)})
    if group is None or not places or not names:
        return None
    part = text(body.get("part"))
    domain = (*dict.fromkeys(names.values()), OTHER, ABSENT)

    def evaluate(case: Case) -> Outcome:
        patient = _patient(case, group)
        if isinstance(patient, Outcome):
            return patient
        where = f"Patient/{patient.get('id', '?')}"
        for place in places:
            codes = tuple(_codes_at(patient, place.value, part))
            if codes:
                known = {names.get(code, OTHER) for code in codes}
                state = known.pop() if len(known) == 1 else OTHER
                label = f"{place.value.rpartition('/')[2]} {codes[0]}" if state != OTHER else place.value
                return Outcome(state, evidence=(Evidence(where, None, label),))
        return Outcome(ABSENT, evidence=(Evidence(where, None, "–"),))

    return Built(domain, evaluate, (), (_needed(group, body),))


def _codes_at(patient: Mapping[str, Any], place: str, part: str) -> Iterable[str]:
    """Codes of an element (``gender``) or of an extension by its URL, of one part of a complex extension if named."""
    if ":" not in place:
        value = patient.get(place)
        if isinstance(value, str):
            yield value
        return
    for extension in _extensions(patient, place):
        inner = _extensions(extension, part) if part else (extension,)
        for each in inner:
            code = each.get("valueCode")
            if isinstance(code, str):
                yield code
            coding = each.get("valueCoding")
            concept = {"coding": [coding]} if isinstance(coding, Mapping) else each.get("valueCodeableConcept")
            yield from (found.code for found in codings(concept))


def _extensions(element: Mapping[str, Any], url: str) -> tuple[Mapping[str, Any], ...]:
    several = element.get("extension")
    found = several if isinstance(several, list) else [several]
    return tuple(each for each in found if isinstance(each, Mapping) and each.get("url") == url)


KINDS = (
    Kind("age", "The patient's age in completed years.", build_age),
    Kind(
        "patient_code",
        "A code on the Patient, from the first of the places that holds one, read as a name.",
        build_patient_code,
        {
            "group": "the data group that reads the Patient",
            "names": "what each code means",
            "part": "of a complex extension: the part that holds the code",
        },
        ("group", "names"),
    ),
)
