import json
import logging
from uuid import UUID

import pytest
from web_samples import SIGN, order, prefetch, request

from cds.web.log import LOGGER, JsonLines, PlaceLines, ServerLines, logging_config

MARKS = ("MARKNAME", "mark-patient", "MARKTOKEN", "MARKNOTE", "MARKKEY", "MARKQUERY", "mark-host")


@pytest.fixture
def lines(caplog):
    """What is logged, as the lines that a serving process writes."""
    caplog.set_level(logging.INFO, LOGGER.name)
    return lambda: [JsonLines().format(record) for record in caplog.records if record.name == LOGGER.name]


def marked():
    """A request that holds a mark in every place where patients, tokens or words of a client can stand."""
    body = request(
        "order-sign",
        {**order(patient="mark-patient"), "note": [{"text": "MARKNOTE"}]},
        patient="mark-patient",
        fhirServer="http://mark-host.example/fhir",
        fhirAuthorization={"access_token": "MARKTOKEN", "token_type": "Bearer", "MARKKEY": 1, "scope": 7},
        prefetch={**prefetch(), "MARKKEY": {"resourceType": "Patient", "name": [{"text": "MARKNAME"}]}},
        hookInstance="MARKNAME",
        MARKKEY="MARKNAME",
    )
    body["context"]["userId"] = "MARKNAME"
    body["context"]["MARKKEY"] = "MARKNAME"
    body["context"]["encounterId"] = {"MARKKEY": "MARKNAME"}
    return body


@pytest.mark.parametrize(
    ("path", "change", "status"),
    [
        (f"{SIGN}?MARKQUERY=MARKNAME", {}, 200),
        (SIGN, {"hook": "MARKNAME"}, 400),
        (SIGN, {"context": {"patientId": "MARK NAME MARKNAME", "MARKKEY": 1}}, 400),
        ("/cds-services/MARKNAME", {}, 404),
        ("/MARKNAME", {}, 404),
    ],
)
def test_the_log_holds_nothing_that_a_client_sent(client, lines, path, change, status):
    """S-14, S-21: no name, id, token, address, key or query of a request reaches the log, answered or refused."""
    sent = json.dumps({**marked(), **change})
    answer = client.post(path, data=sent, headers={"Authorization": "Bearer MARKTOKEN", "X-Request-Id": "MARKNAME"})
    assert answer.status_code == status
    written = "\n".join(lines())
    assert written
    assert not [mark for mark in MARKS if mark in written]


def test_a_line_says_what_came_of_the_call(client, lines):
    """S-14: one JSON line for each request: id, service, status, time, cards, findings, unidentified orders."""
    answer = client.post(SIGN, data=json.dumps(request(prefetch=prefetch())))
    (line,) = [json.loads(each) for each in lines()]
    assert line["event"] == "request"
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert (line["service"], line["status"], line["cards"]) == ("sample-order-sign", 200, 2)
    assert line["findings"] == ["LIPID-01", "COND-01"]
    assert line["unidentified"] == 0
    assert line["ms"] > 0


def test_the_id_of_a_request_is_always_our_own(client, lines):
    """S-14: an id that came with the request could hold anything; it is neither taken over nor sent back."""
    answer = client.post(SIGN, data=json.dumps(request(prefetch=prefetch())), headers={"X-Request-Id": "MARKNAME"})
    assert str(UUID(answer.headers["X-Request-Id"])) == answer.headers["X-Request-Id"]
    assert json.loads(lines()[0])["request_id"] == answer.headers["X-Request-Id"]


def test_what_a_library_logs_is_named_by_its_place_alone():
    """S-21: the words of a library may hold an address with a patient's id."""
    record = logging.LogRecord("urllib3", logging.WARNING, "/lib/pool.py", 7, "GET /x?patient=%s", ("MARKNAME",), None)
    line = json.loads(PlaceLines().format(record))
    assert (line["event"], line["library"], line["where"]) == ("library", "urllib3", "pool:7")
    assert "MARKNAME" not in json.dumps(line)


def test_of_a_trace_that_the_server_logs_the_places_are_kept():
    """S-21: the message of an error is left out; where it happened is not."""
    said = 'It failed\nTraceback\n  File "/app/a.py", line 3, in work\n    raise\nValueError: MARKNAME'
    line = json.loads(ServerLines().format(logging.LogRecord("_granian", logging.ERROR, "", 0, said, (), None)))
    assert (line["event"], line["where"]) == ("It failed", ["/app/a.py:3 work"])
    assert "MARKNAME" not in json.dumps(line)


def test_an_order_that_names_no_drug_is_counted(client, lines):
    """C-2: a draft without a drug gets no card, and the log counts it."""
    nameless = order()
    del nameless["medicationCodeableConcept"]
    client.post(SIGN, data=json.dumps(request("order-sign", nameless)))
    (line,) = [json.loads(each) for each in lines()]
    assert (line["cards"], line["unidentified"]) == (0, 1)


def test_only_our_own_lines_are_set_up():
    """S-14: the server beneath logs errors only, and no access log, which would hold paths."""
    loggers = logging_config()["loggers"]
    assert loggers["_granian"]["level"] == "ERROR"
    assert loggers["granian.access"]["handlers"] == []
