"""Request bodies of a given size: a labelled patient whose chart is filled up, as a conforming client would send it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from cds.authoring.loopback_store import Store
from cds.language.group import DataGroup

ROOT = Path(__file__).resolve().parents[1]
PATIENT = "V12.us"
TODAY = date(2026, 11, 24)
HOOK = "order-sign"
_BASE = "http://127.0.0.1/fhir"
_LOINC, _ICD10 = "http://loinc.org", "http://hl7.org/fhir/sid/icd-10-cm"
_RXNORM, _SNOMED = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://snomed.info/sct"
_ANOTHER_DRUG = {
    "coding": [{"system": _RXNORM, "code": "314076", "display": "lisinopril 10 MG Oral Tablet"}],
    "text": "lisinopril 10 MG Oral Tablet",
}

Json = dict[str, Any]


@dataclass(frozen=True)
class Bodies:
    """One size's requests: for isotretinoin, and the same for another drug."""

    full: bytes
    other_drug: bytes
    resources: int


def request_and_chart() -> tuple[Json, Json]:
    """The labelled patient's request, without prefetch, and chart."""
    request, chart = (
        json.loads((ROOT / "fixtures" / "vignettes" / f"{PATIENT}.{kind}.json").read_text(encoding="utf-8"))
        for kind in ("request", "chart")
    )
    return request, chart


def bodies(groups: Sequence[DataGroup], size: int) -> Bodies:
    """Requests of about ``size`` bytes: less chart than the patient has, or older resources added to it."""
    request, chart = request_and_chart()
    least = len(_body(request, {}))
    if size <= least + _length(prefetch(groups, request, chart)):
        return _made(request, _cut(groups, request, chart, size - least))
    return _made(request, _filled(lambda more: prefetch(groups, request, _with(chart, request, more)), size - least))


def with_resources(groups: Sequence[DataGroup], number: int) -> Bodies:
    """Requests whose chart holds a number of resources."""
    request, chart = request_and_chart()
    return _made(request, prefetch(groups, request, _with(chart, request, max(0, number - len(chart["entry"])))))


def without_prefetch(fhir_server: str) -> bytes:
    """The request of a client that sends no data and names a FHIR server."""
    request, _ = request_and_chart()
    return json.dumps({**request, "fhirServer": fhir_server}).encode()


def _made(request: Json, found: Json) -> Bodies:
    resources = sum(len(each["entry"]) if "entry" in each else 1 for each in found.values() if each)
    return Bodies(_body(request, found), _body(_of_another_drug(request), found), resources)


def _of_another_drug(request: Json) -> Json:
    changed: Json = json.loads(json.dumps(request))
    for entry in changed["context"]["draftOrders"]["entry"]:
        entry["resource"]["medicationCodeableConcept"] = _ANOTHER_DRUG
    return changed


def _body(request: Json, found: Json) -> bytes:
    return json.dumps({**request, "prefetch": found}, separators=(",", ":")).encode()


def _length(found: Json) -> int:
    return len(json.dumps(found, separators=(",", ":")))


def _cut(groups: Sequence[DataGroup], request: Json, chart: Json, size: int) -> Json:
    """The groups in their order as long as they fit; null, which says that nothing was found, for the rest."""
    whole = prefetch(groups, request, chart)
    cut: Json = dict.fromkeys(whole)
    for name, content in whole.items():
        if _length({**cut, name: content}) <= size:
            cut[name] = content
    return cut


def _filled(filled: Callable[[int], Json], size: int) -> Json:
    """The prefetch with the fewest added resources that reaches a size."""
    low, high = 0, 16
    while _length(filled(high)) < size:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _length(filled(middle)) < size else (low, middle)
    return filled(high)


def prefetch(groups: Sequence[DataGroup], request: Json, chart: Json) -> Json:
    """What the groups' queries find in a chart. A token that the call does not tell leaves its key out."""
    store = Store([chart])
    kind, _, user = request["context"]["userId"].partition("/")
    tokens = {"context.patientId": request["context"]["patientId"], f"user{kind}Id": user}
    found: Json = {}
    for group in groups:
        if group.optional or group.token not in tokens:
            continue
        path, _, query = group.query(tokens[group.token]).partition("?")
        if group.is_read:
            found[group.name] = store.read(*path.split("/"))
        else:
            found[group.name] = store.search(path, parse_qsl(query), base=_BASE, next_base=None)
    return found


def _with(chart: Json, request: Json, more: int) -> Json:
    added = _older(request["context"]["patientId"])
    return {**chart, "entry": [*chart["entry"], *({"resource": next(added)} for _ in range(more))]}


def _older(patient: str) -> Iterator[Json]:
    """Plausible older resources without end: results, problems, drugs, procedures, in turn, each day an older one."""
    makers = (_alt, _triglycerides, _problem, _drug, _procedure)
    for number in count():
        day = (TODAY - timedelta(days=400 + number % 3000)).isoformat()
        made = makers[number % len(makers)](number, day)
        yield {**made, "id": f"older-{number}", "subject": {"reference": f"Patient/{patient}"}}


def _concept(system: str, code: str, display: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def _result(day: str, code: Json, value: float, unit: str) -> Json:
    category = _concept("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory", "Laboratory")
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [category],
        "code": code,
        "effectiveDateTime": f"{day}T08:30:00-05:00",
        "valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
    }


def _alt(number: int, day: str) -> Json:
    code = _concept(_LOINC, "1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma")
    return _result(day, code, 15 + number % 20, "U/L")


def _triglycerides(number: int, day: str) -> Json:
    code = _concept(_LOINC, "2571-8", "Triglyceride [Mass/volume] in Serum or Plasma")
    return _result(day, code, 80 + number % 60, "mg/dL")


def _problem(number: int, day: str) -> Json:
    status = "http://terminology.hl7.org/CodeSystem/condition-"
    return {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"system": f"{status}clinical", "code": "resolved"}]},
        "verificationStatus": {"coding": [{"system": f"{status}ver-status", "code": "confirmed"}]},
        "code": _concept(_ICD10, f"J{number % 40:02}.{number % 10}", "Acute upper respiratory infection"),
        "recordedDate": day,
    }


def _drug(number: int, day: str) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "status": "completed",
        "intent": "order",
        "authoredOn": day,
        "medicationCodeableConcept": _concept(_RXNORM, str(308000 + number % 200), "amoxicillin 500 MG Oral Capsule"),
        "dosageInstruction": [
            {"text": "500 mg by mouth three times daily", "route": _concept(_SNOMED, "26643006", "")}
        ],
    }


def _procedure(number: int, day: str) -> Json:
    code = _concept(_SNOMED, str(71651000 + number % 60), "Procedure of general practice")
    return {"resourceType": "Procedure", "status": "completed", "code": code, "performedDateTime": day}
