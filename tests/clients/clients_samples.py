"""What clients send: a labelled patient's call as it should be, and how it is changed."""

import copy
import json
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import jsonschema

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
RESPONSE = jsonschema.Draft202012Validator(json.loads((ROOT / "hooks/schemas/response.schema.json").read_bytes()))
HOOKS = ("order-select", "order-sign", "medication-prescribe", "medication-refill", "patient-view")
ORDERS_AT = {"medication-prescribe": "medications", "medication-refill": "medications"}
PATIENCE_S = 60
PRODUCT = {
    "resourceType": "Medication",
    "id": "m1",
    "code": {"coding": [{"system": RXNORM, "code": "197844", "display": "isotretinoin 20 MG Oral Capsule"}]},
}


@dataclass(frozen=True)
class Reply:
    """An answer. One with cards is as CDS Hooks wants it, one without is an OperationOutcome."""

    status: int
    body: dict

    @property
    def topics(self):
        """Topic and indicator of each card, from the top."""
        assert self.status == 200, self.body
        return [(each["source"]["topic"]["code"], each["indicator"]) for each in self.body["cards"]]

    @property
    def actions(self):
        """The kinds of all suggested actions."""
        suggestions = [each for card in self.body["cards"] for each in card.get("suggestions", ())]
        return {action["type"] for each in suggestions for action in each["actions"]}

    @property
    def details(self):
        """What all cards say."""
        return "\n".join(each["detail"] for each in self.body["cards"])

    @property
    def path(self):
        """The JSON path that a refusal names; None where it names none."""
        assert self.status == 400, self.body
        (issue,) = self.body["issue"]
        return issue.get("expression", [None])[0]


class Running:
    """The served process, and one kept connection to it."""

    def __init__(self, port):
        self.port = port
        self._connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.close()

    def send(self, method, path, body=None, **headers):
        """Status, headers and body of one answer; on a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def post(self, service, body, **headers):
        """The answer to bytes or JSON, on the kept connection."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(
            "POST", f"/cds-services/{service}", sent, {"Content-Type": "application/json", **named}
        )
        answer = self._connection.getresponse()
        content = json.loads(answer.read())
        assert answer.headers["Content-Type"] == "application/json"
        if answer.status == 200:
            RESPONSE.validate(content)
        else:
            assert content["resourceType"] == "OperationOutcome"
            self._connection.close()  # the server may do so too, without a word, when it left the body unread
        return Reply(answer.status, content)

    def ask_apart(self, body):
        """The topics of an answer, on a connection of its own."""
        with Running(self.port) as apart:
            return apart.ask(body).topics

    def ask(self, body, **headers):
        """The answer of the service of the request's own hook."""
        return self.post(f"isotretinoin-{body['hook']}", body, **headers)


def kept(name="no-tests-no-contraception"):
    """The request of a kept conversation, prefetch and all."""
    return json.loads((FIXTURES / "conversations" / f"{name}.json").read_bytes())["body"]


def call(hook="order-sign", name="no-tests-no-contraception", change=None, **members):
    """That request for a hook: ``change`` gets the draft; members are replaced, and those that are None taken out."""
    body = kept(name)
    orders = body["context"].pop("draftOrders", None)
    body["hook"] = hook
    if change is not None:
        orders["entry"][0]["resource"] = change(orders["entry"][0]["resource"])
    if hook != "patient-view":
        body["context"][ORDERS_AT.get(hook, "draftOrders")] = orders
    if hook == "order-select":
        draft = orders["entry"][0]["resource"]
        body["context"]["selections"] = [f"{draft['resourceType']}/{draft.get('id', '')}"]
    return copy.deepcopy({key: value for key, value in {**body, **members}.items() if value is not None})


def bare(**members):
    """The same call without prefetch."""
    return call(prefetch=None, **members)


def chart(name="V12.us", *more):
    """The chart of that patient, with more resources in it."""
    found = json.loads((FIXTURES / "vignettes" / f"{name}.chart.json").read_bytes())
    return {**found, "entry": [*found["entry"], *({"resource": each} for each in more)]}


def referring(reference="Medication/m1", display=None):
    """A change of the draft: the drug by reference alone."""

    def change(draft):
        del draft["medicationCodeableConcept"]
        named = {"reference": reference, **({"display": display} if display else {})}
        return {**draft, "medicationReference": named}

    return change


def with_entry(body, resource, url=None):
    """The body with one more entry among its orders."""
    entry = {"resource": resource, **({"fullUrl": url} if url else {})}
    body["context"]["draftOrders"]["entry"].append(entry)
    return body


def dstu2(draft):
    """The draft as the public sandbox makes it on its default server."""
    return {
        "resourceType": "MedicationOrder",
        "id": "order-123",
        "status": "draft",
        "dateWritten": "2026-11-24",
        "patient": draft["subject"],
        "medicationCodeableConcept": draft["medicationCodeableConcept"],
        "reasonCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "88616000"}]},
        "dosageInstruction": [
            {
                "doseQuantity": {"value": 1, "unit": "{pill}", "system": "http://unitsofmeasure.org"},
                "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnits": "d"}},
            }
        ],
    }


def stu3(draft):
    """The draft as a client of STU3 makes it."""
    older = {key: value for key, value in draft.items() if key not in ("dosageInstruction", "dispenseRequest")}
    dose = {"doseQuantity": {"value": 1, "unit": "{pill}"}, "timing": {"repeat": {"frequency": 1, "period": 1}}}
    return {**older, "category": {"text": "outpatient"}, "dosageInstruction": [dose]}


def r5(draft):
    """The draft in the shape of R5."""
    newer = {key: value for key, value in draft.items() if key != "medicationCodeableConcept"}
    return {**newer, "medication": {"concept": draft["medicationCodeableConcept"]}}


def r5_reference(draft):
    """The draft in the shape of R5, its drug contained."""
    newer = {key: value for key, value in draft.items() if key != "medicationCodeableConcept"}
    return {**newer, "contained": [PRODUCT], "medication": {"reference": {"reference": "#m1"}}}


def sandbox(draft):
    """The draft as the public sandbox makes it on an R4 server: single objects for arrays, doses in pills."""
    return {
        **{key: draft[key] for key in ("resourceType", "status", "subject", "medicationCodeableConcept")},
        "id": "request-123",
        "intent": "order",
        "authoredOn": "2026-11-24",
        "category": {"coding": [{"code": "outpatient"}], "text": "Outpatient"},
        "reasonCode": {"coding": [{"system": "http://snomed.info/sct", "code": "88616000"}], "text": "Acne"},
        "dosageInstruction": [
            {
                "doseAndRate": [
                    {"doseQuantity": {"value": 1, "system": "http://unitsofmeasure.org", "code": "{pill}"}}
                ],
                "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "boundsPeriod": {}}},
            }
        ],
    }
