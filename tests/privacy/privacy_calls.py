"""Every call of the suite's fixtures with marks in it, and calls that go wrong in every way."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from json_places import places, put
from privacy_marks import ODD, Marks

FIXTURES = Path(__file__).parents[2] / "fixtures"
SIGN = "isotretinoin-order-sign"
SERVICES = {hook: f"isotretinoin-{hook}" for hook in ("order-sign", "order-select", "patient-view")}


@dataclass
class Sent:
    """One request: what is sent, and the marks in it.

    Attributes:
        kind: of which sort it is, to tell whether each sort did what it is for.
        charts: what a FHIR server holds for it.
    """

    kind: str
    marks: Marks
    path: str
    body: bytes | None
    method: str = "POST"
    headers: dict = field(default_factory=dict)
    charts: tuple = ()


class Calls:
    """Makes requests, each with marks of its own."""

    def __init__(self, fhir, rough):
        self._fhir = fhir
        self._rough = rough
        self.made = []

    def all(self):
        """Every request."""
        self._conversations()
        self._patients()
        self._real_requests()
        self._broken_bodies()
        self._wrong_types()
        self._rough_servers()
        self._our_own_mistakes()
        self._addresses_and_headers()
        return list(self.made)

    def feedback(self, cards):
        """Feedback about cards that were shown: good with words of a clinician, and spoilt in every place."""
        before = len(self.made)
        for card in cards:
            marks = self._marks()
            item = {**_item(card, marks), marks.text(): marks.text()}
            item["overrideReason"][marks.text()] = marks.text()
            self._post("feedback", marks, f"{SIGN}/feedback", {"feedback": [item]})
        for path in [path for path in places({"feedback": [_item("c", Marks(0))]}) if not _is_kept(path)]:
            marks = self._marks()
            for new in (marks.text(), {marks.text(): marks.text()}, [marks.text()]):
                spoilt = put({"feedback": [_item("c", marks)]}, path, new)
                self._post("spoilt feedback", marks, f"{SIGN}/feedback", spoilt)
        return self.made[before:]

    def _marks(self):
        return Marks(len(self.made) + 1)

    def _post(self, kind, marks, service, body, charts=()):
        text = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=len(self.made) % 2 == 0).encode()
        self.made.append(Sent(kind, marks, f"/cds-services/{service}", text, headers=_headers(marks), charts=charts))

    def _conversations(self):
        for path in sorted((FIXTURES / "conversations").glob("*.json")):
            kept, marks = json.loads(path.read_text()), self._marks()
            body = f"{marks.text()} {kept['text']}".encode() if "text" in kept else None
            if body is None:
                body = marks.in_everything(kept["body"])
                body["fhirServer"] = f"http://127.0.0.1:9/{marks.text()}"
                body["fhirAuthorization"] = {
                    "access_token": marks.text(),
                    "token_type": "Bearer",
                    "scope": marks.text(),
                }
            self._post("conversation", marks, kept["service"], body)

    def _patients(self):
        for path in sorted((FIXTURES / "vignettes").glob("*.request.json")):
            marks = self._marks()
            request = marks.in_everything(json.loads(path.read_text()))
            chart = marks.of(json.loads(path.with_name(path.name.replace("request", "chart")).read_text()))
            request["fhirServer"] = self._fhir
            request["fhirAuthorization"] = {"access_token": marks.text(), "token_type": "Bearer"}
            self._post("patient", marks, SERVICES[request["hook"]], request, (chart,))

    def _real_requests(self):
        for path in sorted([*(FIXTURES / "cdshooks").glob("*.json"), *(FIXTURES / "clients").glob("*request*.json")]):
            marks = self._marks()
            body = json.loads(path.read_text())
            if not isinstance(body, dict):
                continue
            body = marks.in_everything(body)
            body.pop("fhirServer", None)
            self._post("real request", marks, SERVICES.get(body.get("hook"), SIGN), body)

    def _broken_bodies(self):
        good = json.loads((FIXTURES / "conversations" / "no-labs.json").read_text())["body"]
        for path in sorted((FIXTURES / "malformed").glob("*.json")):
            marks = self._marks()
            self._post("broken body", marks, SIGN, _within(path.read_bytes(), marks))
            marks = self._marks()
            whole = json.dumps({**marks.of(good), "prefetch": "HERE"}).encode()
            labs = b'{"labs": ' + _within(path.read_bytes(), marks) + b"}"
            self._post("broken prefetch", marks, SIGN, whole.replace(b'"HERE"', labs))

    def _wrong_types(self):
        good = json.loads((FIXTURES / "conversations" / "nothing-at-all.json").read_text())["body"]
        good["fhirServer"] = "http://127.0.0.1:9/fhir"
        good["fhirAuthorization"] = {"access_token": "t", "token_type": "Bearer", "expires_in": 1, "subject": "s"}
        for path in places(good):
            for shape in ("text", "object", "list"):
                marks = self._marks()
                new = {"text": marks.text() + ODD, "object": {marks.text(): marks.text()}, "list": [marks.text()]}[
                    shape
                ]
                self._post("wrong type", marks, SIGN, put(good, path, new))

    def _rough_servers(self):
        request = json.loads((FIXTURES / "vignettes" / "V12.us.request.json").read_text())
        for kind in self._rough.KINDS:
            marks = self._marks()
            body = marks.in_everything(request)
            body["fhirServer"] = f"{self._rough.base}/{kind}/{marks.text()}"
            body["fhirAuthorization"] = {"access_token": marks.text(), "token_type": "Bearer"}
            self._post(f"rough server: {kind}", marks, SIGN, body)

    def _our_own_mistakes(self):
        request = json.loads((FIXTURES / "conversations" / "no-tests-no-contraception.json").read_text())["body"]
        for kind in ("raise", "thread", "library", "invalid"):
            marks = self._marks()
            marks.asking(kind, request["context"]["patientId"])
            body = marks.in_everything(request)
            self._post(f"our own mistake: {kind}", marks, SIGN, body)

    def _addresses_and_headers(self):
        for method, path in (
            ("GET", "/{0}"),
            ("GET", "/teardown/{0}"),
            ("GET", "/rules/{0}"),
            ("GET", "/rules/isotretinoin/{0}?patient={0}"),
            ("GET", "/rules/isotretinoin?patient={0}"),
            ("GET", "/cds-services?patient={0}"),
            ("GET", "/healthz?patient={0}"),
            ("GET", "/readyz?patient={0}"),
            ("GET", "/metrics?patient={0}"),
            ("POST", "/cds-services/{0}"),
            ("POST", "/cds-services/{0}/feedback"),
            ("POST", "/cds-services/isotretinoin-order-sign?patient={0}"),
            ("PUT", "/cds-services/isotretinoin-order-sign/{0}"),
            ("OPTIONS", "/cds-services/{0}"),
            ("ZQ7KMARK", "/cds-services"),
        ):
            marks = self._marks()
            body = None if method == "GET" else f'{{"hook": "{marks.text()}"}}'.encode()
            sent = Sent("address", marks, path.format(marks.text()), body, method, _headers(marks))
            self.made.append(sent)
        for name in ("Content-Type", "Content-Encoding", "Accept", "Host", "Origin", "X-Forwarded-For"):
            marks = self._marks()
            headers = {**_headers(marks), name: marks.text()}
            self.made.append(Sent("header", marks, f"/cds-services/{SIGN}", b"{}", headers=headers))


def _within(text, marks):
    """Text that need not be JSON, with a mark at the start of most of its strings."""
    return re.sub(rb'("(?!resourceType|system|code)\w+"\s*:\s*")', lambda hit: hit[1] + marks.text().encode(), text)


def _item(card, marks):
    """Feedback with words of a clinician."""
    coding = {"code": "reason", "system": "urn:x", "display": marks.text()}
    why = {"reason": coding, "userComment": f"{marks.text()}{ODD}"}
    at = "2026-11-24T09:30:00Z"
    return {"card": card, "outcome": "overridden", "overrideReason": why, "outcomeTimestamp": at}


def _is_kept(path):
    """Whether feedback keeps what stands there: ids of cards, and codes of reasons, which are no words of anybody."""
    return path[-1:] in (("card",), ("code",), ("system",))


def _headers(marks):
    """Headers in which everything that a caller chooses is a mark."""
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    return {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {marks.text()}",
        "X-Request-Id": marks.text(),
        "X-Correlation-Id": marks.text(),
        "User-Agent": marks.text(),
        "Cookie": f"session={marks.text()}",
        "Referer": f"http://ehr.example/{marks.text()}",
        "baggage": f"patient={marks.text()}",
        "tracestate": f"ehr={marks.text()}",
        "traceparent": trace if marks.call % 2 else f"00-{marks.text()}-{marks.text()}-01",
    }
