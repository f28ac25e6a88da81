"""What EHRs were seen to send: section 11 of the checklist, and what else a client may bring along."""

import pytest
from clients_samples import PRODUCT, RXNORM, bare, call, chart, kept, referring, with_entry

SHOWN = [("pregnancyPrevention", "warning"), ("counselling", "info")]
UNKNOWN = [("unavailable", "info"), ("counselling", "info")]
GRANULAR = {
    "resourceType": "Medication",
    "id": "m1",
    "code": {
        "coding": [
            {"system": "urn:oid:1.2.840.114350.1.13.0.1.7.2.696580", "code": "11287"},
            {"system": "urn:oid:2.16.840.1.113883.6.68", "code": "9050001300"},
            {"system": RXNORM, "code": "6064"},
            {"system": RXNORM, "code": "197844"},
        ]
    },
}
REMARK = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "warning", "code": "processing", "details": {"text": "No results were found."}}],
}
GROUPS = ("labs", "answers", "conditions", "procedures", "allergies", "medications", "orders")
TRIGGER = {"com.epic.cdshooks.request.bpa-trigger-action": "23", "internal": [None]}
GOOD = "a.b-c"
SCOPES = "Patient.Read (R4) Observation.Search [Labs] (R4) MedicationRequest.Read (Unsigned Order) (R4)"


def empty(**members):
    """A search that found nothing."""
    return {"resourceType": "Bundle", "type": "searchset", "total": 0, **members}


def token(value=GOOD, **members):
    """An access token as EHRs give it."""
    given = {"access_token": value, "token_type": "Bearer", "expires_in": 300, "scope": SCOPES, "subject": "cds"}
    return {"fhirAuthorization": {**given, **members}}


@pytest.mark.parametrize("product", [PRODUCT, GRANULAR])
@pytest.mark.parametrize("reference", ["Medication/m1", "https://ehr.example.org/api/FHIR/R4/Medication/m1"])
def test_a_drug_in_another_entry_is_found(running, product, reference):
    """Section 11.6 (a), H-1: the order refers to a Medication that came as one more entry, which is no order."""
    body = with_entry(call(change=referring(reference)), product, reference)
    assert running.ask(body).topics == SHOWN


def test_a_drug_that_must_be_read_is_read(running, fhir):
    """Section 11.6 (b): the Medication did not come along and is read, first of all."""
    server = fhir(chart("V12.us", PRODUCT))
    reply = running.ask(bare(change=referring(), fhirServer=server.base))
    assert reply.topics == SHOWN
    assert server.paths[0] == "GET Medication/m1"


def test_a_drug_that_cannot_be_read_has_the_words_of_its_reference(running):
    """H-1: a reference with a display names the drug; without any word and without a server nothing does."""
    assert running.ask(call(change=referring(display="ISOTRETINOIN 20 MG ORAL CAPSULE"))).topics == SHOWN
    assert running.ask(call(change=referring())).topics == []


def test_a_contained_drug_is_found(running):
    """Section 11.6 (c): the Medication is contained in the order."""
    body = call(change=lambda draft: {**referring("#m1")(draft), "contained": [PRODUCT]})
    assert running.ask(body).topics == SHOWN


@pytest.mark.parametrize("group", GROUPS)
def test_a_remark_on_an_empty_search_is_an_empty_search(running, group):
    """Section 11.6 (d), P-23: an OperationOutcome as the only entry of a search that found nothing is no failure."""
    body = call()
    body["prefetch"][group] = empty()
    plain = running.ask(body)
    body["prefetch"][group] = empty(entry=[{"resource": REMARK, "search": {"mode": "outcome"}}])
    assert running.ask(body).topics == plain.topics
    assert ("unavailable", "info") not in plain.topics


@pytest.mark.parametrize("group", ["labs", "conditions", "medications", "answers"])
def test_a_failed_search_is_not_an_empty_one(running, group):
    """P-24, P-32: an OperationOutcome in place of the data proves no absence: what it was for is named on a card."""
    body = call()
    body["prefetch"][group] = {**REMARK, "issue": [{"severity": "error", "code": "exception"}]}
    assert ("unavailable", "info") in running.ask(body).topics


@pytest.mark.parametrize("context", [None, {}, {"userId": "PractitionerRole/x"}, [], "", 7])
def test_a_stripped_request_is_refused_in_an_orderly_way(running, context):
    """Section 11.6 (i), V-11: a call without the information that is needed is 400 and names what is missing."""
    reply = running.ask({**call(), "context": context})
    assert reply.path == ("context.patientId" if isinstance(context, dict) else "context")


def test_older_parts_under_r4_do_no_harm(running):
    """Section 11.6 (j), V-8: category as an object, and a flat dose."""
    dose = {"text": "twice daily", "doseQuantity": {"value": 20, "unit": "mg"}, "asNeededBoolean": False}
    body = call(change=lambda draft: {**draft, "category": {"text": "Outpatient"}, "dosageInstruction": [dose]})
    assert running.ask(body).topics == SHOWN


def test_an_extension_that_tells_of_another_trigger_changes_nothing(running):
    """Section 11.6 (k), V-1, R-10: patient-view fired by an order is answered as patient-view."""
    for name in ("after-treatment", "long-over"):
        plain = running.ask(kept(name)).topics
        assert running.ask({**kept(name), "extension": TRIGGER}).topics == plain


@pytest.mark.parametrize("expires", [300, "300", None, 3600.5])
def test_a_token_with_vendor_scopes_is_used(running, fhir, expires):
    """Section 11.6 (l), V-12, R-21: scopes with spaces and brackets are no reason against a token."""
    server = fhir(chart(), token=GOOD)
    assert running.ask(bare(fhirServer=server.base, **token(expires_in=expires))).topics == SHOWN
    assert {each.headers.get("Authorization") for each in server.requests} == {f"Bearer {GOOD}"}


@pytest.mark.parametrize("value", ["", None, " ", "a\nb", 7])
def test_an_empty_token_is_not_used_and_an_open_server_is_read(running, fhir, value):
    """R-7: what is no token is never sent; a FHIR server that needs none is read without."""
    server = fhir(chart())
    assert running.ask(bare(fhirServer=server.base, **token(value))).topics == SHOWN
    assert not any("Authorization" in each.headers for each in server.requests)


def test_a_server_that_needs_a_token_leaves_everything_unknown(running, fhir):
    """P-32: a server that refuses is named on a card, and nothing is taken for absent."""
    server = fhir(chart(), token=GOOD)
    assert running.ask(bare(fhirServer=server.base, **token(""))).topics == UNKNOWN


def test_a_token_for_another_patient_is_not_used(running, fhir):
    """R-8: the server is not even called."""
    server = fhir(chart())
    assert running.ask(bare(fhirServer=server.base, **token(patient="somebody-else"))).topics == UNKNOWN
    assert server.requests == []


@pytest.mark.parametrize("members", [{"fhirServer": None, "fhirAuthorization": None}, {"fhirAuthorization": 7}])
def test_null_members_are_absent_members(running, members):
    """R-12: null for server and token, as real clients send it."""
    body = {**call(), **members}
    body["context"]["encounterId"] = None
    assert running.ask(body).topics == SHOWN


def test_the_user_may_have_a_role(running, fhir):
    """Section 11.6 (n), V-4: PractitionerRole is read as such, Practitioner is looked up; both name the specialty."""
    server = fhir(chart())
    for user in ("PractitionerRole/v12-us-practitionerrole-3", "Practitioner/v12-us-practitioner-2"):
        body = bare(fhirServer=server.base)
        body["context"]["userId"] = user
        assert running.ask(body).topics == SHOWN
        assert any("PractitionerRole" in each for each in server.paths)
        server.requests.clear()


@pytest.mark.parametrize(
    "user", ["Patient/v12-us", "RelatedPerson/1", "Practitioner/", "v12", "", None, 7, ["Practitioner/1"]]
)
@pytest.mark.parametrize("hook", ["order-sign", "patient-view"])
def test_another_user_is_no_reason_to_fail(running, hook, user):
    """V-4, P-5: a user who is no practitioner, or is not told, leaves all cards of the patient as they are."""
    name = "no-tests-no-contraception" if hook == "order-sign" else "after-treatment"
    body = kept(name)
    plain = running.ask(body).topics
    body["context"]["userId"] = user
    found = running.ask(body).topics
    assert [each for each in found if each[0] != "unavailable"] == plain


@pytest.mark.parametrize("patient", ["Patient/v12-us", " v12-us ", "https://ehr.example.org/fhir/Patient/v12-us"])
def test_the_patient_may_come_with_a_type(running, patient):
    """R-4, V-9: most published requests have Patient/ in patientId."""
    body = call()
    body["context"]["patientId"] = patient
    body["context"]["encounterId"] = "Encounter/e1"
    assert running.ask(body).topics == SHOWN


@pytest.mark.parametrize(
    "prefetch", [None, {}, [], "x", 7, {"item1": None}, {"item1": empty(), "item2": {}, "Labs": 7}]
)
def test_no_usable_prefetch_is_no_prefetch(running, prefetch):
    """R-9, P-20, P-27: null, empty, of another type, or with keys that were never asked for: everything is unknown."""
    body = {**call(), "prefetch": prefetch}
    assert running.ask(body).topics == UNKNOWN


def test_keys_that_nobody_asked_for_change_nothing(running):
    """P-27, R-11: unknown keys in prefetch, context and body are ignored."""
    body = call(extension={"x": [1]}, services=[], user="Practitioner/1", hookVersion="1.0")
    body["prefetch"].update({f"item{number}": None for number in range(1, 17)}, other={"resourceType": 7})
    body["context"].update(services=[{"id": "x"}], conditions={}, extension={"a": None})
    assert running.ask(body).topics == SHOWN


def test_null_means_that_there_is_nothing(running):
    """P-21: the client looked and has no data; that is known, so nothing is named as not to be had."""
    body = call()
    body["prefetch"].update(dict.fromkeys(GROUPS))
    found = running.ask(body).topics
    assert ("labs", "warning") in found
    assert ("unavailable", "info") not in found
    body["prefetch"].update(dict.fromkeys(GROUPS, empty()))
    assert running.ask(body).topics == found


@pytest.mark.parametrize("hook", ["medication-prescribe", "medication-refill"])
def test_the_older_hooks_get_the_same_cards(running, hook):
    """H-10: orders under medications, a user at the top, nulls for what is not there."""
    body = call(hook, user="Practitioner/1234", fhirServer="")
    body["context"]["encounterId"] = None
    del body["context"]["userId"]
    found = running.ask(body).topics
    assert [each for each in found if each[0] != "unavailable"] == SHOWN
    body["context"] = {"patientId": "v12-us"}
    assert running.ask(body).path == "context.medications"
