import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as bounds
from hypothesis import strategies as st
from web_samples import SELECT, SIGN, as_bytes, order, prefetch, request

from cds.record.database import prepare
from cds.record.entry import as_line
from cds.record.place import FILE, Place
from cds.record.recorder import Recorder
from cds.web.app import create_app

PATH = f"{SIGN}/feedback"
JSON = {"content_type": "application/json"}
ITEM = {"card": "c1", "outcome": "overridden", "outcomeTimestamp": "2026-11-24T09:30:00Z"}
BOUNDED = bounds(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A database, ready."""
    found = Place(tmp_path_factory.mktemp("records") / FILE)
    prepare(found)
    return found


@pytest.fixture(scope="module")
def recorder(place):
    """Records in it."""
    found = Recorder(place)
    yield found
    found.close()


def settled(recorder):
    """Wait until all that was kept is in the database."""
    give_up = time.monotonic() + 30
    while recorder.counts().waiting:
        assert time.monotonic() < give_up
        time.sleep(0.01)


@pytest.fixture(scope="module")
def recording(ready, settings, recorder):
    """A client of the application over the sample pack, with records."""
    return create_app(ready, settings, recorder=recorder).test_client()


def rows(place, query, *values):
    """What a query finds."""
    with closing(sqlite3.connect(place.file)) as connection:
        return connection.execute(query, values).fetchall()


def post(client, *items, path=PATH, **headers):
    """Send feedback."""
    return client.post(path, data=as_bytes({"feedback": list(items)}), headers=headers, **JSON)


def issue(answer):
    """The only issue of an OperationOutcome."""
    assert answer.json["resourceType"] == "OperationOutcome"
    (found,) = answer.json["issue"]
    return found


@pytest.mark.parametrize("path", [PATH, f"{PATH}/", PATH.replace("services/", "services//")])
def test_feedback_is_answered_with_an_empty_object(recording, recorder, place, path):
    """F-1, F-2, F-9: 200 with an empty object, with and without slashes that clients add; and it is kept."""
    answer = post(recording, {**ITEM, "card": f"c{len(path)}"}, path=path)
    assert (answer.status_code, answer.json, answer.content_type) == (200, {}, "application/json")
    settled(recorder)
    assert rows(place, "select outcome from feedback where card = ?", f"c{len(path)}") == [("overridden",)]


def test_cards_that_were_shown_are_on_record_with_their_feedback(recording, recorder, place):
    """F-2, F-3, F-4: the uuids of an answer come back in feedback, and are the keys of what is on record."""
    cards = recording.post(SIGN, data=as_bytes(request(prefetch=prefetch())), **JSON).json["cards"]
    taken = cards[0]["suggestions"][0]["uuid"]
    answer = post(
        recording,
        {**ITEM, "card": cards[0]["uuid"], "outcome": "accepted", "acceptedSuggestions": [{"id": taken}]},
        {**ITEM, "card": cards[1]["uuid"]},
    )
    assert answer.status_code == 200
    settled(recorder)
    kept = rows(place, "select uuid, hook, service, client, pack, topic, indicator from cards")
    for card in cards:
        topic = card["source"]["topic"]["code"]
        assert (card["uuid"], "order-sign", "sample-order-sign", "", "sample", topic, card["indicator"]) in kept
        assert rows(place, "select finding, rule, indicator from findings where card = ?", card["uuid"]) == [
            (each["id"], each["rule"], each["indicator"])
            for each in card["extension"]["isotretinoin-cds.card"]["findings"]
        ]
    joined = "select name from suggestions join accepted_suggestions on suggestion = uuid where uuid = ?"
    assert rows(place, joined, taken) == [("lipid-panel",)]
    assert recorder.counts().dropped == 0


def test_no_patient_is_on_record(recording, recorder, place, monkeypatch):
    """F-13, privacy: of a call with marks in every place, and a comment, nothing gets into journal or database."""
    lines = []
    monkeypatch.setattr("cds.record.journal.as_line", lambda entry: lines.append(as_line(entry)) or lines[-1])
    body = request("order-select", order(patient="MARKPATIENT"), patient="MARKPATIENT", hookInstance="MARKINSTANCE")
    body["context"]["userId"] = "Practitioner/MARKUSER"
    cards = recording.post(SELECT, data=as_bytes(body), **JSON).json["cards"]
    assert cards
    for card in cards:
        why = {"reason": {"code": "done", "system": "s", "display": "MARKDISPLAY"}, "userComment": "MARKCOMMENT"}
        assert post(recording, {**ITEM, "card": card["uuid"], "overrideReason": why, "x": "MARKX"}).status_code == 200
    written = b"".join(lines)
    assert cards[0]["uuid"].encode() in written
    assert b"MARK" not in written
    settled(recorder)
    assert b"MARK" not in b"".join(path.read_bytes() for path in place.file.parent.rglob("*") if path.is_file())


def test_the_case_and_the_client_are_on_record(ready, settings, recorder, place):
    """The row of a finding has the number of its rule's case, that of a card the client in whose name it was asked."""
    plans = {name: replace(plan, client="north") for name, plan in ready.plans.items()}
    services = {id: replace(each, plan=plans[each.plan.name]) for id, each in ready.services.items()}
    north = replace(ready, plans=plans, services=services)
    client = create_app(north, settings, recorder=recorder).test_client()
    cards = client.post(SIGN, data=as_bytes(request(prefetch=prefetch())), **JSON).json["cards"]
    settled(recorder)
    for card in cards:
        assert rows(place, "select client from cards where uuid = ?", card["uuid"]) == [("north",)]
    cases = {
        (rule.name, case.finding.id): number
        for rule in plans["sample"].rules
        for number, case in enumerate(rule.cases, 1)
        if case.finding is not None
    }
    asked = "select rule, finding, rule_case from findings join cards on card = uuid where client = 'north'"
    found = rows(place, asked)
    assert len(found) == 2
    assert all(cases[rule, finding] == number for rule, finding, number in found)


def test_a_rule_in_shadow_is_on_record_and_on_no_card(ready, settings, recorder, place):
    """What a rule in shadow would have said has a row with its case and indicator, though no card was shown."""
    plans = {
        name: replace(plan, client="shade", rules=tuple(replace(rule, mode="shadow") for rule in plan.rules))
        for name, plan in ready.plans.items()
    }
    services = {id: replace(each, plan=plans[each.plan.name]) for id, each in ready.services.items()}
    client = create_app(replace(ready, plans=plans, services=services), settings, recorder=recorder).test_client()
    assert client.post(SIGN, data=as_bytes(request(prefetch=prefetch())), **JSON).json["cards"] == []
    settled(recorder)
    found = rows(
        place,
        "select hook, service, pack, rule, rule_case, finding, indicator from shadow_findings where client = 'shade'",
    )
    expected = {
        (rule.name, number, case.finding.id, case.finding.indicator)
        for rule in plans["sample"].rules
        for number, case in enumerate(rule.cases, 1)
        if case.finding is not None
    }
    assert len(found) == 2
    assert all(row[:3] == ("order-sign", "sample-order-sign", "sample") and row[3:] in expected for row in found)


def test_an_answer_without_cards_is_not_on_record(recording, recorder, place):
    """Only decisions are kept: an order for another drug leaves nothing."""
    settled(recorder)
    before = rows(place, "select count(*) from cards")
    recording.post(SIGN, data=as_bytes(request("order-sign", order("161", "acetaminophen"))), **JSON)
    settled(recorder)
    assert rows(place, "select count(*) from cards") == before


def test_feedback_for_an_unknown_card_is_kept(recording):
    """F-11: a card that this service does not know is 200, not 404."""
    assert post(recording, {**ITEM, "card": "00000000-0000-4000-8000-000000000000"}).status_code == 200


def test_a_malformed_item_is_400_and_nothing_is_kept(recording, recorder, place):
    """F-11: 400 with an OperationOutcome naming the member, and the good item beside it is not kept either."""
    answer = post(recording, {**ITEM, "card": "beside"}, {**ITEM, "outcome": "MARK"})
    assert answer.status_code == 400
    assert issue(answer)["expression"] == ["feedback[1].outcome"]
    assert "MARK" not in answer.text
    settled(recorder)
    assert rows(place, "select * from feedback where card = 'beside'") == []


def test_feedback_for_an_unknown_service_is_404(recording):
    """E-7: feedback is taken for the services of discovery only."""
    answer = post(recording, ITEM, path="/cds-services/other/feedback")
    assert (answer.status_code, issue(answer)["code"]) == (404, "not-found")


def test_another_method_is_405(recording):
    """E-8: feedback is sent by POST."""
    answer = recording.get(PATH)
    assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (405, {"POST", "OPTIONS"})


def test_another_type_or_too_long_a_body_is_refused(recording):
    """E-9: another media type is 415, more than two megabytes are 413."""
    assert recording.post(PATH, data=b"{}", content_type="text/plain").status_code == 415
    assert recording.post(PATH, data=b" " * 2_000_001, **JSON).status_code == 413


def test_a_browser_may_send_feedback(recording):
    """S-30, S-34: the preflight is answered, and any origin may read the answer, errors too."""
    preflight = recording.options(PATH, headers={"Access-Control-Request-Method": "POST", "Origin": "https://x.test"})
    assert preflight.status_code == 204
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    for answer in (post(recording, ITEM), post(recording, "bad")):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "members", [{"fhirServer": "https://ehr.example.org"}, {"feedback": [], "hook": 1}, {"feedback": []}]
)
def test_unknown_members_do_no_harm(recording, members):
    """F-2: members beside feedback are ignored, and an empty batch is nothing to keep."""
    assert recording.post(PATH, data=as_bytes({"feedback": [ITEM], **members}), **JSON).status_code == 200


class Away:
    """A recorder that can keep nothing."""

    def keep_feedback(self, items):
        return False

    def begin(self):
        raise AssertionError

    def now(self):
        raise OSError

    def counts(self):
        raise AssertionError


def test_what_cannot_be_written_is_503(ready, settings):
    """E-12: nothing is acknowledged that is not on disk; the client is told when to try again."""
    client = create_app(ready, settings, recorder=Away()).test_client()
    answer = post(client, ITEM)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert issue(answer)["code"] == "transient"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_no_card_is_lost_to_its_record(ready, settings):
    """E-13: a record that fails leaves the answer as it is."""
    client = create_app(ready, settings, recorder=Away()).test_client()
    answer = client.post(SIGN, data=as_bytes(request(prefetch=prefetch())), **JSON)
    assert (answer.status_code, len(answer.json["cards"])) == (200, 2)


def test_readiness_tells_what_the_record_does(recording):
    """/readyz shows what is written, dropped and waiting in the process that answers, and its journal."""
    found = recording.get("/readyz").json
    assert found["status"] == "ready"
    assert found["record"].keys() == {
        *("written", "dropped", "waiting", "down", "queued", "spilled"),
        *("journal_bytes", "journal_down", "adopted", "torn", "left_out", "lookups", "unanswered"),
    }


def test_without_records_there_is_no_feedback(client):
    """F-1: where nothing is kept the path is not there, and readiness has no word of it."""
    assert post(client, ITEM).status_code == 404
    assert "record" not in client.get("/readyz").json


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["", "accepted", "overridden", "c1", "2026-11-24T09:30:00Z", "9999-12-31T23:59:60Z", [], {}, [[]]]),
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)
GOOD = {"reason": {"code": "done", "system": "s"}, "userComment": "x", "extension": {}}
ITEMS = st.fixed_dictionaries(
    {},
    optional={
        "card": st.just("c1") | VALUES,
        "outcome": st.sampled_from(["accepted", "overridden"]) | VALUES,
        "outcomeTimestamp": st.just("2026-11-24T09:30:00.1Z") | st.datetimes().map(lambda at: f"{at}Z") | VALUES,
        "acceptedSuggestions": st.lists(st.fixed_dictionaries({"id": st.just("s1") | VALUES}), max_size=3) | VALUES,
        "overrideReason": st.just(GOOD) | st.fixed_dictionaries({"reason": VALUES}) | VALUES,
        "overrideReasons": st.just(GOOD) | VALUES,
    },
)


@BOUNDED
@given(st.lists(ITEMS | VALUES, max_size=4) | VALUES)
def test_no_feedback_makes_the_service_fail(recording, items):
    """F-2 to F-6, E-11: whatever stands in a feedback body, the answer is 200 or 400, never a failure of ours."""
    answer = recording.post(PATH, data=json.dumps({"feedback": items}).encode(), **JSON)
    assert answer.status_code in (200, 400), answer.text
    assert answer.json == {} if answer.status_code == 200 else issue(answer)["diagnostics"]


@BOUNDED
@given(st.binary(max_size=60) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_make_the_service_fail(recording, content):
    """F-2, E-11: any bytes, JSON or not, are 200 or 400."""
    assert recording.post(PATH, data=content, **JSON).status_code in (200, 400)


def test_a_command_without_records_loads_no_database_library():
    """Starting the command line loads neither SQLAlchemy nor Alembic, which take 0.3 s each."""
    loaded = "import cds.cli, sys; sys.exit(bool({'sqlalchemy', 'alembic'} & sys.modules.keys()))"
    subprocess.run([sys.executable, "-c", loaded], check=True, timeout=60)
