"""Requests, and a small pack of its own, so that the web layer is tested apart from clinical content."""

import copy
import json
import socket
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

from cds.clock import today_in
from cds.content import find_content, read_content
from cds.demo import load

HERE = Path(__file__).parent
DEMO = HERE.parent.parent / "fixtures" / "demo"
SIGN = "/cds-services/sample-order-sign"
SELECT = "/cds-services/sample-order-select"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ACNE = {
    "resourceType": "Condition",
    "id": "c1",
    "clinicalStatus": {"coding": [{"code": "active"}]},
    "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "L70.0", "display": "Acne vulgaris"}]},
    "subject": {"reference": "Patient/p1"},
    "recordedDate": "2026-01-01",
}


def sample_files():
    """Content with the sample pack in place of every other pack."""
    rules = (HERE / "sample_rules",)
    files = read_content(find_content(rules), rules)
    packs = {name.split("/")[1] for name in files if name.count("/") == 2 and name.endswith("/pack.yaml")}
    others = tuple(f"rules/{pack}/" for pack in packs - {"sample"})
    return {name: body for name, body in files.items() if not name.startswith(others)}


def order(code="197844", text="isotretinoin 20 MG Oral Capsule", patient="p1"):
    """A draft order."""
    return {
        "resourceType": "MedicationRequest",
        "id": "draft-1",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": code, "display": text}], "text": text},
        "subject": {"reference": f"Patient/{patient}"},
    }


def request(hook="order-sign", *orders, patient="p1", **members):
    """A request with one draft order, or with those given."""
    drafts = orders or (order(patient=patient),)
    body = {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {
            "userId": "Practitioner/dr",
            "patientId": patient,
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": each} for each in drafts]},
        },
        **members,
    }
    if hook == "order-select":
        body["context"]["selections"] = [f"MedicationRequest/{each['id']}" for each in drafts]
    return copy.deepcopy(body)


def chart(*resources):
    """A Bundle of a chart."""
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": each} for each in resources]}


def prefetch():
    """All groups of the sample pack: acne on the problem list, nothing else."""
    return {"labs": chart(), "conditions": chart(ACNE), "medications": chart()}


def as_bytes(body):
    """A body as it is sent."""
    return json.dumps(body).encode()


def demonstration():
    """The demonstration's fixtures as of today."""
    return load(DEMO, today_in("UTC")())


def searched(fhir, template, patient):
    """What a prefetch template brings from a FHIR server for a patient."""
    kind, _, name = patient.user.partition("/")
    for token, value in {"context.patientId": patient.id, f"user{kind}Id": name}.items():
        template = template.replace("{{" + token + "}}", value)
    if "{{" in template:
        return None
    with urlopen(f"{fhir}/{quote(template, safe='/?&=,:.-_')}") as answer:
        return json.load(answer)


def free_port():
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def lasting(cards):
    """Cards without the ids that are fresh in every answer."""
    return [
        {**card, "uuid": "", "suggestions": [{**each, "uuid": ""} for each in card.get("suggestions", ())]}
        for card in cards
    ]
