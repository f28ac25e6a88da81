import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wire_samples import SELECT, SIGN, VIEW, body, bundle, fixture, order, request, schema

from cds.errors import RequestError
from cds.wire.call import Call
from cds.wire.envelope import envelope_check
from cds.wire.request import read_call


def refused(raw, hook=SIGN):
    with pytest.raises(RequestError) as caught:
        read_call(raw, hook)
    return caught.value.status, caught.value.path


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{} {}",
        b'{"hook": NaN}',
        b'{"hook": "order-sign", }',
        b'{"hook": "order-sign", "extension": "\xff"}',
        b'{"extension": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
)
def test_a_body_that_is_no_json_object_is_refused(raw):
    """R-1, R-14, R-22: what is not UTF-8, not JSON, no object or nested too deep is 400 for the body as a whole."""
    assert refused(raw) == (400, "")


@pytest.mark.parametrize("deep", [300, 900])
def test_a_context_that_is_nested_too_deep_is_refused(deep):
    """R-22: nesting that a later step could not write again is 400, not a failure later on."""
    raw = body(request()).replace(b'"status": "draft"', b'"status": ' + b"[" * deep + b"]" * deep)
    assert refused(raw) == (400, "context")


@pytest.mark.parametrize("number", [b"1e999", b'"\\ud800"'])
def test_a_context_with_impossible_json_is_refused(number):
    """R-1: numbers and escapes that no strict parser takes are refused where they would be used."""
    status, path = refused(body(request()).replace(b'"draft"', number))
    assert status == 400
    assert path in ("", "context")


@pytest.mark.parametrize("hook", [None, "", "order-select", "ORDER-SIGN", 1, ["order-sign"], {}])
def test_another_hook_than_the_services_is_refused(hook):
    """R-2: a service answers its own hook, and 400 names `hook`."""
    assert refused(body(request(hook=hook))) == (400, "hook")


@pytest.mark.parametrize("context", [None, "x", [], 1, True])
def test_a_context_that_is_no_object_is_refused(context):
    """R-4: 400 names `context`."""
    assert refused(body({**request(), "context": context})) == (400, "context")


def test_missing_members_are_refused_by_name():
    """R-2, R-4: what is left out is named."""
    assert refused(b"{}") == (400, "hook")
    assert refused(b'{"hook": "order-sign"}') == (400, "context")


@pytest.mark.parametrize(
    "patient",
    [None, "", " ", "a b", "a/b", "Group/p1", "Patient/", "Patient/../x", "..", "p1?x=1", "x" * 129, 17, {}, []],
)
def test_a_patient_that_cannot_be_used_is_refused(patient):
    """R-4: without an id that may stand in a URL nobody can be asked about; 400 names context.patientId."""
    assert refused(body(request(context={"patientId": patient}))) == (400, "context.patientId")


@pytest.mark.parametrize("orders", [None, "x", 1, True])
def test_an_order_hook_without_a_bundle_is_refused(orders):
    """R-4: no new orders, no answer; 400 names the member where the hook has them."""
    assert refused(body(request(context={"draftOrders": orders}))) == (400, "context.draftOrders")


def test_a_hook_without_orders_needs_no_bundle():
    """X-7: what a hook does not define is not demanded."""
    call = read_call(body({"hook": "patient-view", "context": {"patientId": "p1"}}), VIEW)
    assert (call.context.patient_id, call.context.orders) == ("p1", ())


def test_a_refusal_repeats_nothing_of_the_request():
    """E-5: the words of an error are the service's own."""
    sent = "Jane Doe"
    wrong = (
        request(hook=sent),
        request(context={"patientId": sent}),
        request(context={"draftOrders": sent}),
        {**request(), "context": sent},
    )
    for each in wrong:
        with pytest.raises(RequestError) as caught:
            read_call(body(each), SIGN)
        assert sent not in str(caught.value)


@pytest.mark.parametrize("written", ["p1", "Patient/p1", " p1 ", "https://ehr.example.org/fhir/Patient/p1"])
def test_the_patient_is_a_bare_id(written):
    """R-4: a type before the id is taken off."""
    assert read_call(body(request(context={"patientId": written})), SIGN).context.patient_id == "p1"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Practitioner/u1", "Practitioner/u1"),
        ("PractitionerRole/u1", "PractitionerRole/u1"),
        ("https://ehr.example.org/fhir/PractitionerRole/u1", "PractitionerRole/u1"),
        ("Patient/p1", ""),
        ("u1", ""),
        (None, ""),
        (7, ""),
        ("Practitioner/a b", ""),
    ],
)
def test_a_user_is_a_practitioner_or_nobody(written, expected):
    """Section 9: a user of another form is not used, and a note says so."""
    context = read_call(body(request(context={"userId": written})), SIGN).context
    assert context.user == expected
    assert any("userId" in note for note in context.notes) is (expected == "")


def test_odd_members_are_tolerated():
    """R-3, R-9 to R-12, X-3, X-7: a wrong or unknown member never refuses a call; it becomes a note."""
    odd = {
        "hookInstance": 5,
        "fhirServer": ["x"],
        "fhirAuthorization": "token",
        "prefetch": [1],
        "extension": None,
        "somethingNew": {"a": 1},
    }
    call = read_call(body({**request(context={"encounterId": {}, "more": 1}), **odd}), SIGN)
    assert (call.hook_instance, call.fhir_server, call.authority, call.prefetch) == ("", "", None, {})
    assert len(call.context.notes) == 5


def test_missing_members_are_tolerated():
    """R-9, X-7: hook, patient and orders are enough."""
    call = read_call(body({"hook": "order-sign", "context": {"patientId": "p1", "draftOrders": {}}}), SIGN)
    assert (call.context.orders, call.context.encounter_id, call.prefetch) == ((), "", {})


@pytest.mark.parametrize("member", ["hook", "hookInstance", "fhirServer", "fhirAuthorization", "prefetch", "extension"])
@pytest.mark.parametrize("deep", [240, 500, 1020])
def test_deep_members_never_fail(member, deep):
    """R-22: nesting in a member that is tolerated is tolerated or refused, with the schemas asked or not."""
    value = b"[" * deep + b"]" * deep
    for wrapped in (value, b'{"access_token": ' + value + b"}"):
        raw = body({**request(), member: "@"}).replace(b'"@"', wrapped)
        assert answers(raw, SIGN)


def test_a_byte_order_mark_is_passed_over():
    """R-1: some clients put one before the JSON."""
    assert read_call(b"\xef\xbb\xbf" + body(request()), SIGN).hook == "order-sign"


def test_prefetch_members_stay_unparsed():
    """P-21: each member is kept as bytes, null included, for the step that needs it; broken ones are not looked at."""
    raw = body(request()).replace(b'{"resourceType": "Bundle"}, "patient"', b'{"value": 1e999}, "patient"')
    assert read_call(raw, SIGN).prefetch == {"labs": b'{"value": 1e999}', "patient": b"null"}


def test_a_good_token_is_kept_and_never_shown():
    """R-7, S-21: the token is for this call, and no representation of the call holds it."""
    call = read_call(body(request()), SIGN)
    assert call.authority is not None
    assert (call.authority.token, call.authority.patient, call.authority.expires_in) == ("a.b-c", "p1", 300)
    assert "a.b-c" not in repr(call)


@pytest.mark.parametrize(
    "change",
    [
        {"access_token": ""},
        {"access_token": None},
        {"access_token": 5},
        {"access_token": "a\r\nX-Evil: 1"},
        {"access_token": "é"},
        {"token_type": "MAC"},
        {"token_type": None},
    ],
)
def test_a_token_that_cannot_be_sent_is_not_used(change):
    """R-7: empty, not Bearer, or nothing that fits an HTTP header."""
    call = read_call(body(request(fhirAuthorization={**request()["fhirAuthorization"], **change})), SIGN)
    assert call.authority is None
    assert any("fhirAuthorization" in note for note in call.context.notes)


def test_a_token_without_a_server_is_not_used():
    """R-5: a server is never guessed."""
    call = read_call(body(request(fhirServer=None)), SIGN)
    assert (call.authority, call.fhir_server) == (None, "")


def test_bearer_is_read_in_any_case():
    """R-7: the token type of OAuth 2.0 is not case-sensitive."""
    lower = {**request()["fhirAuthorization"], "token_type": "bearer", "expires_in": "300", "patient": "Patient/p1"}
    call = read_call(body(request(fhirAuthorization=lower)), SIGN)
    assert call.authority is not None
    assert (call.authority.token_type, call.authority.expires_in, call.authority.patient) == ("bearer", None, "p1")


def test_departures_from_the_schemas_become_notes():
    """R-3, R-5, R-12: the schemas of hooks/ are asked, and what they find refuses nothing and repeats nothing."""
    problems = envelope_check(schema("request"), schema("order-sign.context"))
    good = read_call(body(request()), SIGN, problems)
    assert good.context.notes == ()
    odd = request(context={"userId": "Jane Doe", "patientId": "Patient/p1"}, hookInstance="Jane Doe", prefetch={"a": 1})
    notes = read_call(body(odd), SIGN, problems).context.notes
    assert any("context.patientId" in note for note in notes)
    assert any("hookInstance" in note for note in notes)
    assert not any("Jane" in note for note in notes)


@pytest.mark.parametrize("hook", [SIGN, SELECT], ids=lambda hook: hook.name)
def test_real_good_requests_fit_the_schemas(hook):
    """R-2 to R-5: requests that the FHIR validator calls good are good here."""
    problems = envelope_check(schema("request"), schema(f"{hook.name}.context"))
    call = read_call(fixture(f"fhir-test-cases-cdshooks-request-{hook.name}-good"), hook, problems)
    assert call.context.notes == ()
    assert len(call.context.orders) == 1


def test_a_real_request_with_prefetch_is_read_whole():
    """R-16, S-21: an untyped Bundle, an empty token, and prefetch kept by key."""
    call = read_call(fixture("rems-admin-order-sign-isotretinoin"), SIGN)
    (only,) = call.context.orders
    assert (call.context.patient_id, call.context.user, call.context.encounter_id) == (
        "pat017",
        "Practitioner/pra-sstrange",
        "enc89284",
    )
    assert (only.fhir_version, only.subject, only.status, only.authored_on) == ("R4", "pat017", "active", "2020-07-11")
    assert only.requester == "Practitioner/pra-sstrange"
    assert [code.code for code in only.medication.codings] == ["6064"]
    assert [code.code for code in only.medication.routes] == ["26643006"]
    assert call.authority is None
    assert set(call.prefetch) == {"patient", "request", "practitioner"}
    assert json.loads(call.prefetch["patient"])["id"] == "pat017"


def test_a_real_bad_request_is_answered_all_the_same():
    """R-4, R-12: a typed patientId and an unknown status are not the clinician's fault."""
    call = read_call(fixture("fhir-test-cases-cdshooks-request-order-sign-bad-1"), SIGN)
    assert call.context.patient_id == "example-rec-01-true-make-recommendations"
    assert [each.status for each in call.context.orders] == ["Xactive"]
    assert call.prefetch["item3"] == b"null"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
PROBLEMS = {hook.name: envelope_check(schema("request"), schema(f"{hook.name}.context")) for hook in (SIGN, SELECT)}


def answers(raw, hook):
    try:
        return isinstance(read_call(raw, hook, PROBLEMS[hook.name]), Call)
    except RequestError as refusal:
        return 400 <= refusal.status < 500


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | JSON.map(body))
def test_any_body_gives_a_call_or_a_refusal(raw):
    """R-1, R-12: whatever comes in, nothing else is raised."""
    assert answers(raw, SIGN)


def paths(value, here=()):
    """Every path into a JSON value."""
    yield here
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from paths(each, (*here, key))


def replaced(value, path, new):
    """A JSON value with the part at one path replaced."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], new)
    return copy


RICH = request(
    "order-select",
    {
        "selections": ["MedicationRequest/1"],
        "draftOrders": bundle(
            order(
                medicationCodeableConcept=None,
                medicationReference={"reference": "#m", "display": "a drug"},
                contained=[
                    {
                        "resourceType": "Medication",
                        "id": "m",
                        "code": {"coding": [{"system": "s", "code": "c"}], "text": "t"},
                        "ingredient": [
                            {
                                "itemCodeableConcept": {"text": "i"},
                                "strength": {"numerator": {"value": 20, "code": "mg"}, "denominator": {"value": 1}},
                            }
                        ],
                    }
                ],
                dosageInstruction=[{"route": {"text": "oral"}, "doseAndRate": [{"doseQuantity": {"value": 1}}]}],
                requester={"reference": "Practitioner/u1"},
            ),
            order("2", subject={"reference": "Patient/p2"}),
        ),
    },
)
PLACES = list(paths(RICH))


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(PLACES), JSON), min_size=1, max_size=3))
def test_any_change_to_a_request_gives_a_call_or_a_refusal(changes):
    """R-1, R-12: a good request, spoilt anywhere, is answered or refused by name."""
    spoilt = RICH
    for path, new in changes:
        try:
            spoilt = replaced(spoilt, path, new)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    assert answers(body(spoilt), SELECT)
