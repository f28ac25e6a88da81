"""Whole conversations with the real server process: recorded requests, and the answers that they must get."""

import copy
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"
KEPT = FIXTURES / "conversations"
REGENERATE = os.environ.get("REGENERATE") == "1"
PATIENCE_S = 60
OPTIONS = ("--workers", "1", "--profile", "us-rems-2026")
FRESH = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SEARCHED = {
    "labs": "Observation",
    "answers": "Observation",
    "conditions": "Condition",
    "procedures": "Procedure",
    "allergies": "AllergyIntolerance",
    "medications": "MedicationRequest",
    "orders": "ServiceRequest",
}


def vignette(name, without=(), hook=None, change=None):
    """The request of a labelled patient with everything of the chart as prefetch, but for some groups."""
    request, chart = (
        json.loads((FIXTURES / "vignettes" / f"{name}.{kind}.json").read_text()) for kind in ("request", "chart")
    )
    found = [entry["resource"] for entry in chart["entry"]]
    first = {each["resourceType"]: each for each in reversed(found)}
    sent = {"patient": first["Patient"], "role": first.get("PractitionerRole")}
    for group, kind in SEARCHED.items():
        newest = sorted((each for each in found if each["resourceType"] == kind), key=_day, reverse=True)
        entries = [{"resource": each} for each in newest]
        sent[group] = {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}
    request["prefetch"] = {group: content for group, content in sent.items() if group not in without}
    if hook == "order-select":
        request["context"]["selections"] = ["MedicationRequest/draft-1"]
    if hook is not None:
        request["hook"] = hook
    if change is not None:
        change(request)
    return request


def _day(resource):
    for name in ("effectiveDateTime", "performedDateTime", "authoredOn", "recordedDate", "onsetDateTime"):
        if isinstance(resource.get(name), str):
            return resource[name]
    return ""


def real(name):
    """A real request of another project, as it is."""
    return json.loads((FIXTURES / "cdshooks" / f"{name}.json").read_text())


def no_server(name):
    """A real request without the server that it names, so that nothing outside of this computer is asked."""
    return {key: value for key, value in real(name).items() if key not in ("fhirServer", "fhirAuthorization")}


def no_patient(request):
    """Take the patient out of the context."""
    del request["context"]["patientId"]


EVERYTHING = (*SEARCHED, "patient", "role")
SIGN, SELECT, VIEW = "isotretinoin-order-sign", "isotretinoin-order-select", "isotretinoin-patient-view"
CONVERSATIONS = {
    "all-in-order": ("nothing to warn of: counselling only", SIGN, lambda: vignette("V13.us")),
    "topical": ("isotretinoin gel: no card", SIGN, lambda: vignette("V03.us", without=EVERYTHING)),
    "no-tests-no-contraception": ("two findings of one topic on one card", SIGN, lambda: vignette("V12.us")),
    "positive-test": ("a critical card, which withholds lesser ones", SIGN, lambda: vignette("V28.us")),
    "preliminary-positive": ("a preliminary result is called so", SIGN, lambda: vignette("V30.us")),
    "labs-missing": ("an erroneous and a preliminary result count as none", SIGN, lambda: vignette("V39.us")),
    "high-triglycerides": ("a critical value in the course", SIGN, lambda: vignette("V44.us")),
    "labs-overdue": ("follow-up in the course is overdue", SIGN, lambda: vignette("V49.us")),
    "item-9": ("a critical mood card whose summary says nothing of it", SIGN, lambda: vignette("V50.us")),
    "other-specialty": ("supervision by another specialty informs", SIGN, lambda: vignette("V54.us")),
    "order-select": ("warnings, but no counselling", SELECT, lambda: vignette("V12.us", hook="order-select")),
    "no-labs": ("a group that did not come is named", SIGN, lambda: vignette("V12.us", without=("labs",))),
    "nothing-at-all": (
        "no prefetch and no server",
        SIGN,
        lambda: vignette("V12.us", without=EVERYTHING),
    ),
    "after-treatment": ("the chart is opened after the last supply", VIEW, lambda: vignette("V10.us")),
    "long-over": ("the chart is opened months after the last supply", VIEW, lambda: vignette("V09.us")),
    "rems-admin": ("a real order of the drug", SIGN, lambda: no_server("rems-admin-order-sign-isotretinoin")),
    "other-drug": (
        "a real order of another drug",
        SIGN,
        lambda: no_server("opioid-cds-OpioidCDSREC08OrderSign-noPrefetch"),
    ),
    "other-patient-view": (
        "a real chart of somebody who never took the drug",
        VIEW,
        lambda: no_server("fhir-test-cases-cdshooks-request-patient-view-good"),
    ),
    "no-patient": (
        "no patient: refused with the path",
        SIGN,
        lambda: vignette("V12.us", without=EVERYTHING, change=no_patient),
    ),
    "wrong-hook": (
        "another hook than the service's: refused",
        SIGN,
        lambda: vignette("V12.us", without=EVERYTHING, hook="order-dispatch"),
    ),
    "no-such-service": (
        "an id that does not exist",
        "isotretinoin-nothing",
        lambda: vignette("V03.us", without=EVERYTHING),
    ),
    "no-json": ("a body that does not parse", SIGN, lambda: '{"hook": "order-sign",'),
}
"""Name of the file: why it is kept, which service is called, and how its request is made when it is written anew."""


class Server:
    """The served process."""

    def __init__(self, port):
        self.port = port
        self.base = f"http://127.0.0.1:{port}"

    def send(self, method, path, body=None):
        """Status and body of one answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} if body is not None else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def converse(self, service, body):
        """Status and normalised answer of one call."""
        text = body if isinstance(body, str) else json.dumps(body)
        status, content = self.send("POST", f"/cds-services/{service}", text.encode())
        return status, normal(json.loads(content), self.base) if content else None


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """``isotretinoin-cds serve --open`` on a free port, on the day of the labelled patients."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        running = Server(probe.getsockname()[1])
    folder = tmp_path_factory.mktemp("conversations")
    command = (sys.executable, "-m", "cds", "serve", "--open", "--today", "2026-11-24")
    environment = {**os.environ, "ISOTRETINOIN_CDS_DATA": str(folder)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            (*command, *OPTIONS, "--port", str(running.port)),
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=environment,
        )
    try:
        give_up = time.monotonic() + PATIENCE_S
        while not _answers(running):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < give_up, (folder / "log").read_text()
            time.sleep(0.05)
        yield running
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        process.wait(PATIENCE_S)


def _answers(running):
    try:
        return running.send("GET", "/healthz")[0] == 200
    except (OSError, HTTPException):
        return False


def normal(value, base):
    """An answer without what differs from run to run: ids, address, content hash and version."""
    if isinstance(value, dict):
        fixed = {"contentHash": "CONTENT-HASH", "packVersion": "PACK-VERSION"}
        return {key: fixed.get(key) or normal(inner, base) for key, inner in value.items()}
    if isinstance(value, list):
        return [normal(each, base) for each in value]
    return FRESH.sub("FRESH-ID", value).replace(base, "http://cds.example") if isinstance(value, str) else value


def write(path, content):
    """Write a conversation the way a person reads it."""
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_recorded_request_gets_its_recorded_answer(server, name):
    """Status and whole answer are those that were recorded, but for ids, address, hash and version."""
    path = KEPT / f"{name}.json"
    if REGENERATE:
        why, service, make = CONVERSATIONS[name]
        sent = make()
        status, answer = server.converse(service, sent)
        named = {"text": sent} if isinstance(sent, str) else {"body": sent}
        write(path, {"why": why, "service": service, **named, "status": status, "answer": answer})
    kept = json.loads(path.read_text())
    status, answer = server.converse(kept["service"], kept.get("body", kept.get("text")))
    assert (status, answer) == (kept["status"], kept["answer"])


def test_every_kept_conversation_is_in_the_table():
    """No file is left over that nobody compares any more."""
    left_over = [path for path in KEPT.glob("*.json") if path.stem not in CONVERSATIONS]
    if REGENERATE:
        for path in left_over:
            path.unlink()
        left_over = []
    assert left_over == []
    assert {path.stem for path in KEPT.glob("*.json")} == set(CONVERSATIONS)


def test_the_same_request_gets_the_same_answer_twice_and_fresh_ids(server):
    """Answers depend on the request alone; ids of cards never come twice."""
    request = copy.deepcopy(json.loads((KEPT / "no-tests-no-contraception.json").read_text())["body"])
    calls = [server.send("POST", f"/cds-services/{SIGN}", json.dumps(request).encode())[1].decode() for _ in range(2)]
    assert normal(json.loads(calls[0]), server.base) == normal(json.loads(calls[1]), server.base)
    ids = [[card["uuid"] for card in json.loads(each)["cards"]] for each in calls]
    assert not set(ids[0]) & set(ids[1])
