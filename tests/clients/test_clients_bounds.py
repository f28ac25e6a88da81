"""Wrong types, great sizes and deep nesting, sent to the real server."""

import json
from http.client import HTTPConnection

import pytest
from clients_samples import PATIENCE_S, call
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from json_places import places, put

LIMIT = 20_000_000
SIGN = "isotretinoin-order-sign"
SHOWN = [("pregnancyPrevention", "warning"), ("counselling", "info")]
WRONG = [None, True, 7, -1.5, "x", "", [], [None], {}, {"": {}}, "\u0000", 10**30]
ANSWERED = ["hookInstance", "fhirServer", "fhirAuthorization", "prefetch", "extension"]
BOUNDED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
LEAVES = st.one_of(
    st.sampled_from(WRONG),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["Patient/p1", "2026-02-30", "9999-99-99T99", "#", "urn:uuid:", "MedicationRequest/draft-1"]),
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)
BODY = call()


CONTEXT_PLACES = list(places(BODY["context"]))
PREFETCH_PLACES = [path for path in places(BODY["prefetch"]) if path]


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
@pytest.mark.parametrize("member", ANSWERED)
def test_a_member_of_the_wrong_type_is_tolerated(running, member, wrong):
    """R-3, R-5, R-7, R-10, R-12: what is not needed may be of any type; without prefetch everything is unknown."""
    found = running.post(SIGN, {**BODY, member: wrong}).topics
    assert found == (SHOWN if member != "prefetch" else [("unavailable", "info"), ("counselling", "info")])


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
@pytest.mark.parametrize("member", ["hook", "context"])
def test_a_needed_member_of_the_wrong_type_is_refused(running, member, wrong):
    """R-2, R-4, E-5: 400 with the path."""
    path = "context.patientId" if member == "context" and isinstance(wrong, dict) else member
    assert running.post(SIGN, {**BODY, member: wrong}).path == path


@pytest.mark.parametrize(
    "wrong", [None, True, 7, -1.5, "", [], {}, "\u0000", "a b", "../x", "Practitioner/1"], ids=repr
)
def test_a_patient_of_the_wrong_type_is_refused(running, wrong):
    """R-4: what is no FHIR id of a patient is 400 with the path."""
    reply = running.post(SIGN, {**BODY, "context": {**BODY["context"], "patientId": wrong}})
    assert reply.path == "context.patientId"


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_orders_of_the_wrong_type_are_refused_or_none(running, wrong):
    """R-4, E-5: what is no Bundle is 400 with the path; an empty one holds no order of the drug."""
    reply = running.post(SIGN, {**BODY, "context": {**BODY["context"], "draftOrders": wrong}})
    if isinstance(wrong, dict | list):
        assert reply.topics == []
    else:
        assert reply.path == "context.draftOrders"


@BOUNDED
@given(path=st.sampled_from(CONTEXT_PLACES), value=VALUES)
def test_no_context_makes_the_service_fail(running, path, value):
    """R-12, E-5, E-11: whatever stands anywhere in the context, the answer is 200 or 400."""
    reply = running.post(SIGN, {**BODY, "context": put(BODY["context"], path, value)})
    assert reply.status in (200, 400), reply.body


@BOUNDED
@given(changes=st.lists(st.tuples(st.sampled_from(PREFETCH_PLACES), VALUES), min_size=1, max_size=3))
@example(changes=[(("labs", "entry"), "x")])
def test_no_prefetch_makes_the_service_fail_or_fall_silent(running, changes):
    """R-12, P-32: whatever stands anywhere in the prefetch, something is warned of, or named as not to be known."""
    prefetch = BODY["prefetch"]
    for path, value in changes:
        try:
            prefetch = put(prefetch, path, value)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    reply = running.post(SIGN, {**BODY, "prefetch": prefetch})
    assert {topic for topic, _ in reply.topics} & {"pregnancyPrevention", "unavailable"}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"7", b'"x"', b"{}{}", b"{'a': 1}", b"\xff\xfe{}", b"{,}"])
def test_what_is_no_json_object_is_refused(running, body):
    """R-1, R-14: 400 with an OperationOutcome, never a failure."""
    assert running.post(SIGN, body).path in (None, "hook")


def padded(size):
    """The call, of so many bytes: most of it conditions that are read, the rest under a key that nobody asked for."""
    condition = {
        "resourceType": "Condition",
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "Z00.0"}], "text": "x" * 15_000},
        "subject": {"reference": "Patient/v12-us"},
        "recordedDate": "2020-01-01",
    }
    entries = [{"resource": {**condition, "id": str(number)}} for number in range(1_000)]
    body = call()
    body["prefetch"]["conditions"]["entry"].extend(entries)
    body["prefetch"]["item1"] = ""
    body["prefetch"]["item1"] = "x" * (size - len(json.dumps(body).encode()))
    return json.dumps(body).encode()


def test_the_largest_body_is_answered(running):
    """R-22: 20 MB, the last byte of which is allowed, are answered as the same call without them."""
    body = padded(LIMIT)
    assert len(body) == LIMIT
    assert running.post(SIGN, body).topics == SHOWN


def test_one_byte_more_is_too_long(running):
    """R-22, E-9: over the limit is 413 before the body was sent, and the service answers the next call."""
    connection = HTTPConnection("127.0.0.1", running.port, timeout=PATIENCE_S)
    connection.putrequest("POST", f"/cds-services/{SIGN}")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(LIMIT + 1))
    connection.endheaders(b"{")
    answer = connection.getresponse()
    assert (answer.status, json.load(answer)["issue"][0]["code"]) == (413, "too-long")
    connection.close()
    assert running.post(SIGN, call()).topics == SHOWN


@pytest.mark.parametrize("depth", [200, 300, 5_000, 500_000])
@pytest.mark.parametrize("where", ["extension", "context", "labs", "item1", "draft"])
def test_nesting_never_makes_the_service_fail(running, where, depth):
    """R-22: however deep, the answer is cards, or 400 that says so."""
    body = call()
    if where == "draft":
        body["context"]["draftOrders"]["entry"][0]["resource"]["note"] = "DEEP"
    elif where in ("labs", "item1"):
        body["prefetch"][where] = "DEEP"
    else:
        body.setdefault(where, {})["deep"] = "DEEP"
    sent = json.dumps(body).encode().replace(b'"DEEP"', b"[" * depth + b"]" * depth)
    reply = running.post(SIGN, sent)
    assert reply.status in (200, 400)
    if depth == 200:
        assert reply.topics[-1] == SHOWN[-1]
    if depth == 500_000:
        assert reply.status == 400
