"""From a data line to the smallest valid FHIR R4 resource that satisfies its retrieve, with what the line overrides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cds.authoring.test_dates import read_when, with_dates
from cds.authoring.test_file import NONE, Line
from cds.authoring.test_measure import measure, read_quantity
from cds.authoring.test_pack import TestedPack
from cds.authoring.test_skeletons import SKELETONS, Skeleton, put, role_of
from cds.language.literals import read_count, read_days
from cds.language.node import Fields, Node, Text, fields, plain, text
from cds.language.report import did_you_mean
from cds.language.retrieve import Retrieve
from cds.values.codes import CodeSet

_UCUM = "http://unitsofmeasure.org"
_EXTRA_DRUG = "MedicationRequest"


@dataclass(frozen=True)
class BuiltResource:
    """A resource and the data group in which it comes."""

    group: str
    resource: Mapping[str, Any] = field(repr=False)


class Builder:
    """Builds the resources of one test.

    Args:
        pack: whose retrieves are named; takes what is wrong.
        today: the day of the test.
        patient: the test's own patient id.
        defaults: fields that lines of a retrieve have, by its name.
    """

    def __init__(self, pack: TestedPack, today: date, patient: str, defaults: Fields) -> None:
        self.pack = pack
        self.report = pack.report
        self.today = today
        self.patient = patient
        self.defaults = defaults
        self._count = 0
        self._has_role = False

    def of_line(self, line: Line, status: str = "") -> BuiltResource | None:
        """The resource of a data line; None after a message.

        Args:
            line: the line.
            status: what it has when the line says nothing else; empty for the first that the retrieve accepts.
        """
        retrieve = self.pack.retrieve(line.name)
        if retrieve is None:
            return None
        body = _over(fields(self.defaults.get(line.name.value)), line.body)
        group = text(body.get("group"), retrieve.groups[0])
        if group not in retrieve.groups:
            at = body.get("group") or line.body
            advice = did_you_mean(group, retrieve.groups)
            self.report.error("unknown-group", at.at, f"{line.name.value} does not draw on {group}", remedy=advice)
            return None
        kind = self.pack.groups()[group].type
        skeleton = self._skeleton(kind, line.name)
        if skeleton is None:
            return None
        self._allowed(body, kind, skeleton, line.name)
        resource = self._start(kind, skeleton)
        self._code(resource, body, skeleton, _Look(retrieve), line.name)
        self._status(resource, body, kind, skeleton, status or self.pack.first_written(retrieve, "status"))
        self._date(resource, body, retrieve.date_at[0] if retrieve.date_at else skeleton.date_at, skeleton)
        if kind == "Observation":
            self._obtained(resource, body, retrieve)
            measure(resource, body, retrieve, self.pack, line.name)
        self._rest(resource, body, kind)
        return BuiltResource(group, self._with_elements(resource, body))

    def order(self, body: Fields, name: Text) -> Mapping[str, Any]:
        """The draft order that the hook brings."""
        skeleton = SKELETONS[_EXTRA_DRUG]
        self._allowed(body, _EXTRA_DRUG, skeleton, name)
        resource = self._start(_EXTRA_DRUG, skeleton)
        self._code(resource, body, skeleton, _Look(None), name)
        self._status(resource, body, _EXTRA_DRUG, skeleton, "draft")
        self._date(resource, body, skeleton.date_at, skeleton)
        self._rest(resource, body, _EXTRA_DRUG)
        return self._with_elements(resource, body)

    # ------------------------------------------------------------------ parts

    def _start(self, kind: str, skeleton: Skeleton) -> dict[str, Any]:
        """A resource with an id of its own; the first role is the one as which the prescriber may order."""
        self._count += 1
        first_role = kind == "PractitionerRole" and not self._has_role
        self._has_role = self._has_role or first_role
        name = role_of(self.patient) if first_role else f"{self.patient}-{self._count}"
        return {"resourceType": kind, "id": name, **skeleton.start(self.patient)}

    def _skeleton(self, kind: str, name: Text) -> Skeleton | None:
        skeleton = SKELETONS.get(kind)
        if skeleton is None:
            what = f"{name.value} is a {kind}, which tests cannot build"
            self.report.error("no-builder", name.at, what, remedy=f"Known here: {', '.join(SKELETONS)}.")
        return skeleton

    def _allowed(self, body: Fields, kind: str, skeleton: Skeleton, name: Text) -> None:
        for key, _ in body:
            if key.value not in skeleton.fields:
                advice = did_you_mean(key.value, skeleton.fields)
                what = f"{name.value} is a {kind}, which has no {key.value}"
                self.report.error("field", key.at, what, remedy=advice)

    def _code(self, resource: dict[str, Any], body: Fields, skeleton: Skeleton, look: _Look, name: Text) -> None:
        concept: dict[str, Any] = {}
        code, words = body.get("code"), text(body.get("text"))
        if isinstance(code, Text):
            coding = self._coding(code, body, look.codes) if code.value != NONE else None
            concept = {"coding": [coding]} if coding is not None else {}
        elif look.first is not None:
            concept = {"coding": [_shown(look.first, body)]}
        if words:
            concept["text"] = words
        if concept:
            put(resource, skeleton.code_at, [concept] if skeleton.code_repeats else concept)
        elif look.needs_code and not isinstance(code, Text):
            self.report.error("no-code", name.at, f"{name.value} names no codes of its own", remedy="Write code: ...")

    def _coding(self, code: Text, body: Fields, preferred: CodeSet | None = None) -> dict[str, Any] | None:
        coding = self.pack.coding(code, preferred)
        return _shown(coding, body) if coding is not None else None

    def _status(self, resource: dict[str, Any], body: Fields, kind: str, skeleton: Skeleton, usual: str) -> None:
        status = text(body.get("status"), usual)
        if kind == "PractitionerRole":
            resource["active"] = status != "inactive"
            return
        if not skeleton.clinical[0]:
            if status and status != NONE:
                resource["status"] = status
            return
        verification = text(body.get("verification"), "confirmed")
        if verification != NONE:
            resource["verificationStatus"] = _concept(skeleton.clinical[1], verification)
        if status and status != NONE and verification != "entered-in-error":  # FHIR invariant con-5, ait-2
            resource["clinicalStatus"] = _concept(skeleton.clinical[0], status)

    def _date(self, resource: dict[str, Any], body: Fields, element: str, skeleton: Skeleton) -> None:
        node = body.get("date")
        if not isinstance(node, Text) and not skeleton.dated:
            return
        found = self._when(node) if isinstance(node, Text) else self.today.isoformat()
        if found is None or not element:
            return
        if resource["resourceType"] == "Appointment" and "T" not in found:
            found += "T09:00:00Z"
        put(resource, element, found)

    def _when(self, node: Text) -> str | None:
        """A date; None when there is to be none, or after a message."""
        if node.value == NONE:
            return None
        found = read_when(node.value, self.today)
        if found is None:
            remedy = "Write today, 10 days ago, 3 days ahead, 2026-11-20, 2026-11 or none."
            self.report.error("date", node.at, f"{node.value!r} is no date", remedy=remedy)
        return found

    def _obtained(self, resource: dict[str, Any], body: Fields, retrieve: Retrieve) -> None:
        """Where a result was obtained: as the line says, else as the retrieve's setting wants it."""
        usual = self.pack.first_performer(retrieve) or NONE
        performer = text(body.get("performer"), usual)
        if performer != NONE:
            who = self.patient if performer == "Patient" else f"{self.patient}-by"
            resource["performer"] = [{"reference": f"{performer}/{who}"}]
        category = text(body.get("category"), retrieve.setting.category if retrieve.setting else NONE)
        if category and category != NONE:
            system = "http://terminology.hl7.org/CodeSystem/observation-category"
            resource["category"] = [_concept(system, category)]
        if "method" in body:
            resource["method"] = {"text": text(body.get("method"))}

    def _rest(self, resource: dict[str, Any], body: Fields, kind: str) -> None:
        if "note" in body:
            resource["note"] = [{"text": text(body.get("note"))}]
        if "category" in body and kind == "Condition":
            system = "http://terminology.hl7.org/CodeSystem/condition-category"
            resource["category"] = [_concept(system, text(body.get("category")))]
        self._form(resource, body)
        self._dosage(resource, body, "dosage" if kind == "MedicationStatement" else "dosageInstruction")
        self._supplied(resource, body, kind)

    def _form(self, resource: dict[str, Any], body: Fields) -> None:
        """A dose form stands in a Medication, which the resource then refers to."""
        form = body.get("form")
        coding = self._coding(form, body) if isinstance(form, Text) else None
        if coding is not None:
            drug = {"resourceType": "Medication", "id": "drug", "code": resource.pop("medicationCodeableConcept", None)}
            resource["contained"] = [{**drug, "form": {"coding": [coding]}}]
            resource["medicationReference"] = {"reference": "#drug"}

    def _dosage(self, resource: dict[str, Any], body: Fields, element: str) -> None:
        """Route and dose; the period of a dosage is added with the supply."""
        dosage: dict[str, Any] = {}
        route, dose = body.get("route"), body.get("dose")
        if isinstance(route, Text) and (coding := self._coding(route, body)) is not None:
            dosage["route"] = {"coding": [coding]}
        if isinstance(dose, Text):
            quantity = read_quantity(dose.value, self.pack.units)
            times = read_count(text(body.get("times_a_day"), "1"))
            if quantity is None or times is None:
                self.report.error("dose", dose.at, f"{dose.value!r} is no dose", remedy="Write 20 mg, or 2.")
                return
            dosage["timing"] = {"repeat": {"frequency": times, "period": 1, "periodUnit": "d"}}
            dosage["doseAndRate"] = [{"doseQuantity": quantity}]
        if dosage:
            resource[element] = [dosage]

    def _supplied(self, resource: dict[str, Any], body: Fields, kind: str) -> None:
        supply, refills, until = (body.get(name) for name in ("supply", "refills", "until"))
        if isinstance(supply, Text):
            days = read_days(supply.value)
            if days is None:
                self.report.error("days", supply.at, f"{supply.value!r} are no days", remedy="Write 30 days.")
                return
            duration = {"value": int(days.value), "unit": "d", "system": _UCUM, "code": "d"}
            at = "daysSupply" if kind == "MedicationDispense" else "dispenseRequest.expectedSupplyDuration"
            put(resource, at, duration)
        if isinstance(refills, Text):
            count = read_count(refills.value)
            if count is None:
                self.report.error("count", refills.at, f"{refills.value!r} is no number of refills")
                return
            put(resource, "dispenseRequest.numberOfRepeatsAllowed", count)
        if isinstance(until, Text) and (last := self._when(until)) is not None:
            if kind == "MedicationStatement":
                start = resource.pop("effectiveDateTime", None)
                resource["effectivePeriod"] = {**({"start": start} if start else {}), "end": last}
            else:
                dosage = resource.setdefault("dosageInstruction", [{}])
                dosage[0].setdefault("timing", {}).setdefault("repeat", {})["boundsPeriod"] = {"end": last}

    def _with_elements(self, resource: dict[str, Any], body: Fields) -> dict[str, Any]:
        raw: Node | None = body.get("elements")
        added = with_dates(plain(raw), self.today) if raw is not None else {}
        return {key: value for key, value in {**resource, **added}.items() if value is not None}


class _Look:
    """The codes that a retrieve looks for, and the first of them as a Coding."""

    def __init__(self, retrieve: Retrieve | None) -> None:
        drug = retrieve.drug if retrieve is not None else None
        self.codes: CodeSet | None = drug.products if drug is not None else (retrieve.codes if retrieve else None)
        self.needs_code = retrieve is None or self.codes is not None or retrieve.coded

    @property
    def first(self) -> dict[str, Any] | None:
        """The first code of the value sets."""
        for line in self.codes or ():
            return {"system": line.code.system, "code": line.code.code, "display": line.display}
        return None


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def _shown(coding: dict[str, Any], body: Fields) -> dict[str, Any]:
    """A coding as a line wants it: with the words that go with it, or as the bare code."""
    if text(body.get("display")) != NONE:
        return coding
    return {name: value for name, value in coding.items() if name != "display"}


def _over(usual: Fields, own: Fields) -> Fields:
    """A line over what its retrieve's lines usually have."""
    return Fields(own.at, {**usual.keys, **own.keys}, {**usual.values, **own.values})
