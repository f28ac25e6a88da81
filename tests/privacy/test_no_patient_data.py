"""No patient data, token or word of a client leaves a call but in its own answer (S-14, S-21, F-13)."""

import base64
import json
from collections import Counter
from urllib.parse import quote

import pytest
from otlp_collector import Collector, Rough
from privacy_calls import Calls, Sent
from privacy_drive import driven
from privacy_marks import DIGITS, ODD, STEM, Marks, calls_in, found
from privacy_serve import PLANTED

from cds.authoring.loopback import LoopbackFhir

PAGES = ("/metrics", "/readyz", "/healthz", "/cds-services", "/rules/isotretinoin", "/rules/isotretinoin/labs")


def leaks(places, days=()):
    """Where marks stand, with what stands around the first of them."""
    hits = {name: found(content, days) for name, content in places.items()}
    return {name: (len(each), each[0]) for name, each in hits.items() if each}


def lines(log):
    """The JSON lines of a log, which has no other lines."""
    return [json.loads(each) for each in log.decode().splitlines()]


def test_marks_of_a_patient_are_found_nowhere_but_in_the_answer_to_their_own_call(tmp_path):
    """Two processes, records, traces, metrics, every line: all fixtures and errors, each value of a patient marked.

    The marks are looked for in the log, the spans, the metrics and their files, the database and its raw bytes, the
    probes, the pages, and in the answers to all other calls; an error holds none of its own either.
    """
    with Rough() as rough, Collector() as collector, LoopbackFhir() as fhir:
        calls = Calls(fhir.base, rough)
        sent = calls.all()
        for resource in (entry["resource"] for each in sent for chart in each.charts for entry in chart["entry"]):
            fhir.store.add(resource)
        with driven(tmp_path, collector) as running:
            replies = running.send_all(sent)
            shown = [card["uuid"] for each in replies for card in _cards(each)]
            feedback = calls.feedback(shown[:40])
            replies += running.send_all(feedback)
            marks = Marks(0)
            for content in (f"GET /{marks.text()}\0 HTTP/1.1\r\n\r\n", f"{marks.text()}\r\n\r\n", "\x16\x03 " + STEM):
                assert not found(running.raw(content.encode()))
            said = {path: running.send("GET", path).whole for path in PAGES}
            said |= {f"{name} while it ran": content for name, content in running.written().items()}
            assert running.stop() == 0
        spans, asked = collector.spans, [each.path for each in fhir.requests]
        places = {**running.written(), **said, "spans": b"".join(collector.received)}
    sent = [*sent, *feedback]

    days = {day for each in sent for day in each.marks.days}
    assert leaks(places, days) == {}
    for request, reply in zip(sent, replies, strict=True):
        assert calls_in(reply.whole) <= {request.marks.call}, request.path
        if reply.status >= 400:
            assert not found(reply.whole, request.marks.days), (request.kind, reply.whole)

    _the_drive_was_a_hard_one(sent, replies, asked, spans, places)


def _cards(reply):
    return json.loads(reply.body)["cards"] if reply.body.startswith(b'{"cards":') else []


def _the_drive_was_a_hard_one(sent, replies, asked, spans, places):
    """What was looked through holds something: cards that tell of patients, searches, spans, failures, rows."""
    by_kind = Counter((each.kind, reply.status) for each, reply in zip(sent, replies, strict=True))
    assert sum(found(reply.body) != [] for reply in replies if reply.status == 200) > 50
    assert by_kind["conversation", 200] >= 15
    assert by_kind["patient", 200] >= 30
    assert by_kind["wrong type", 400] > 10
    assert by_kind["feedback", 200] >= 20
    assert by_kind["spoilt feedback", 400] > 5
    assert by_kind["our own mistake: raise", 500] == by_kind["our own mistake: invalid", 500] == 1
    assert any(STEM in path for path in asked)
    events = Counter(line["event"] for line in lines(places["log"]) if isinstance(line, dict))
    assert events["request"] >= len(sent)
    assert events["failed"] == events["failed in a thread"] == events["answer is not as specified"] == 1
    assert events["Application callable raised an exception"] == 1
    assert b'"library":"some.library"' in places["log"]
    assert len([span for span in spans if span.name.startswith("POST")]) > 300
    assert len([span for span in spans if span.name == "fetch"]) > 200
    assert b"cds_fetches_total" in places["/metrics"]
    assert len(places["table cards"]) > 1000
    assert len(places["table feedback"]) > 1000


def test_a_leak_is_found(tmp_path):
    """The same eyes over the same service see a patient's id in one line of its log, and nowhere else."""
    marks = Marks(7)
    body = {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/p", "patientId": f"planted-{marks.text()}"},
    }
    planted = Sent("planted", marks, "/cds-services/isotretinoin-patient-view", json.dumps(body).encode())
    with Collector() as collector:
        with driven(tmp_path, collector) as running:
            assert running.send(planted.method, planted.path, planted.body).status == 200
            running.stop()
        places = {**running.written(), "spans": b"".join(collector.received)}
    (place, (number, around)), *others = leaks(places).items()
    assert (place, number, others) == ("log", 1, [])
    assert PLANTED.encode() in around


MARK = Marks(3).text()


@pytest.mark.parametrize(
    "written",
    [
        MARK.encode(),
        MARK.upper().encode(),
        quote(f"{MARK}{ODD}").encode(),
        json.dumps(f"{MARK}{ODD}").encode(),
        b"%s.5" % f"1.{DIGITS}".encode(),
        MARK.encode().hex().encode(),
        MARK.encode("utf-16-le"),
        "".join(f"%{ord(each):02X}" for each in MARK).encode(),
        *(base64.b64encode(b"x" * before + MARK.encode()) for before in range(4)),
        *(base64.urlsafe_b64encode(b"?" * before + MARK.encode()) for before in range(4)),
    ],
)
def test_a_mark_is_found_however_it_is_written(written):
    """Plain, escaped, percent-encoded, in base64 at any offset, in hexadecimal, in UTF-16."""
    assert found(b"before " + written + b" after")


def test_marks_are_put_where_patients_are():
    """Ids keep their references, names and moments change, codes stay; the same id gets the same mark."""
    marks = Marks(1)
    marked = marks.of(
        {
            "resourceType": "Observation",
            "id": "o1",
            "subject": {"reference": "Patient/p1"},
            "code": {"coding": [{"system": "http://loinc.org", "code": "2571-8", "display": "Triglyceride"}]},
            "effectiveDateTime": "2026-11-01",
            "valueQuantity": {"value": 90, "unit": "mg/dL"},
            "contained": [
                {"resourceType": "Patient", "id": "p1", "name": [{"family": "Doe"}], "birthDate": "2001-02-03"}
            ],
        }
    )
    patient = marked["contained"][0]
    assert marked["subject"] == {"reference": f"Patient/{patient['id']}"}
    assert marked["code"]["coding"][0]["code"] == "2571-8"
    values = (marked["id"], patient["id"], patient["name"][0]["family"], marked["effectiveDateTime"])
    for value in (*values, str(marked["valueQuantity"]["value"]), marked["code"]["coding"][0]["display"]):
        assert found(value.encode())
    assert patient["birthDate"].startswith("2001-")
    assert found(patient["birthDate"].encode(), marks.days)
