"""Patients of Synthea with an order for isotretinoin laid over them, and helpers that several files here use."""

import json
from datetime import date
from pathlib import Path

from answer.answer_samples import PATIENCE_MS, Service

from cds.authoring.test_evaluate import _run
from cds.authoring.test_request import with_prefetch
from cds.settings import Settings
from cds.web.edge import edges

ROOT = Path(__file__).parents[2]
SYNTHEA = ROOT / "fixtures" / "synthea"
ALL_SYNTHEA = tuple(sorted(path.name.removesuffix(".json") for path in SYNTHEA.glob("*.json")))
CAPSULE = {
    "system": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "code": "197844",
    "display": "isotretinoin 20 MG Oral Capsule",
}


def chart(name):
    """A chart of Synthea, its references by full URL written as a server keeps them."""
    bundle = json.loads((SYNTHEA / f"{name}.json").read_text())
    kept = {each["fullUrl"]: f"{each['resource']['resourceType']}/{each['resource']['id']}" for each in bundle["entry"]}
    return _renamed(bundle, kept)


def _renamed(node, names):
    if isinstance(node, dict):
        return {
            key: names.get(each, each) if key == "reference" else _renamed(each, names) for key, each in node.items()
        }
    if isinstance(node, list):
        return [_renamed(each, names) for each in node]
    return names.get(node, node) if isinstance(node, str) else node


def resources(bundle, kind):
    """The resources of one type."""
    return [each["resource"] for each in bundle["entry"] if each["resource"]["resourceType"] == kind]


def last_visit(bundle):
    """The day of the last encounter."""
    return date.fromisoformat(max(each["period"]["start"][:10] for each in resources(bundle, "Encounter")))


def order(patient, day):
    """A draft order of 20 mg twice a day for 30 days."""
    return {
        "resourceType": "MedicationRequest",
        "id": "isotretinoin",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {"coding": [CAPSULE]},
        "subject": {"reference": f"Patient/{patient}"},
        "authoredOn": day.isoformat(),
        "dosageInstruction": [
            {
                "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
                "doseAndRate": [{"doseQuantity": {"value": 20, "unit": "mg", "code": "mg"}}],
            }
        ],
        "dispenseRequest": {
            "numberOfRepeatsAllowed": 0,
            "quantity": {"value": 60},
            "expectedSupplyDuration": {"value": 30, "unit": "days", "code": "d"},
        },
    }


def request(bundle):
    """An order-sign for the patient of a chart, on the day of the last encounter."""
    patient = resources(bundle, "Patient")[0]["id"]
    draft = order(patient, last_visit(bundle))
    return {
        "hook": "order-sign",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {
            "userId": f"Practitioner/{resources(bundle, 'Practitioner')[0]['id']}",
            "patientId": patient,
            "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": draft}]},
        },
    }


def on_the_day(ready, day):
    """The service on a day of the past."""
    service = Service(ready)
    service.edge = edges(Settings(open=True, today=day, public_url="http://cds.test", budget_ms=PATIENCE_MS))
    return service


def told(card):
    """Every text of a card that a reader sees."""
    yield card.summary
    yield card.detail
    yield card.source.label
    yield card.source.topic.display
    for suggestion in card.suggestions:
        yield suggestion.label
        yield from (action.description for action in suggestion.actions)
    yield from (each.display for each in card.override_reasons)
    yield from (each.label for each in card.links)


def sent_by(trial):
    """The request of a rule test, its data as prefetch."""
    plan = trial.compiled.plan
    groups = trial.sent.offered(plan.groups[name] for name in plan.needs[trial.hook.name])
    return with_prefetch(trial.sent, trial.hook, groups)


def tried(trial):
    """The cards that the whole flow makes for the patient of a rule test."""
    return _run("prefetch", sent_by(trial), trial).answer.cards
