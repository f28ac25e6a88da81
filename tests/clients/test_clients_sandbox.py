"""What the public CDS Hooks sandbox was seen to send, and what must come of it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from clients_samples import bare, call, dstu2, kept, r5, r5_reference, sandbox, stu3

SHOWN = [("pregnancyPrevention", "warning"), ("counselling", "info")]
SELECTED = [("pregnancyPrevention", "warning")]
IMAGING = {"resourceType": "ServiceRequest", "id": "example-request-id", "status": "draft", "code": {"coding": [{}]}}


def without_drug(draft):
    """The draft of a form that was just opened: no drug, no intent, no dose."""
    return {key: draft[key] for key in ("resourceType", "id", "status", "subject")}


def test_the_call_as_it_should_be(running):
    """What the changed calls of these tests are compared with."""
    assert running.ask(call()).topics == SHOWN
    assert running.ask(call("order-select")).topics == SELECTED


@pytest.mark.parametrize("hook", ["order-select", "order-sign", "medication-prescribe", "medication-refill"])
def test_a_draft_without_a_drug_gets_no_card(running, hook):
    """C-2: an order form that was just opened is 200 without a card, prefetch or not."""
    assert running.ask(call(hook, change=without_drug)).topics == []
    assert running.ask(call(hook, change=without_drug, prefetch=None)).topics == []


@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_a_call_without_draft_orders_is_refused_with_the_path(running, hook):
    """R-4, E-5: what the active tab sends when it is clicked again, patient and user alone, is 400 with the path."""
    body = call(hook)
    body["context"] = {key: body["context"][key] for key in ("patientId", "userId")}
    assert running.ask(body).path == "context.draftOrders"


def test_a_call_of_patient_view_under_another_hook_is_refused(running):
    """R-2: a link without a screen calls the services of patient-view with the name of another hook."""
    body = {**call("patient-view"), "hook": "order-select"}
    assert running.post("isotretinoin-patient-view", body).path == "hook"


@pytest.mark.parametrize(("hook", "topics"), [("order-sign", SHOWN), ("order-select", SELECTED)])
def test_single_objects_stand_for_arrays(running, hook, topics):
    """Section 11.6 (m): object category and reason, doses in pills, a Bundle without type or fullUrl."""
    body = call(hook, change=sandbox, fhirServer="http://127.0.0.1:9/fhir")
    del body["context"]["draftOrders"]["type"]
    assert running.ask(body).topics == topics


def test_single_objects_anywhere_in_bundles_count(running):
    """R-12: entry, coding and dosage as single objects, in orders and prefetch."""
    body = call(change=lambda draft: {**draft, "dosageInstruction": draft["dosageInstruction"][0]})
    orders = body["context"]["draftOrders"]
    orders["entry"] = orders["entry"][0]
    drug = orders["entry"]["resource"]["medicationCodeableConcept"]
    drug["coding"] = drug["coding"][0]
    assert running.ask(body).topics == SHOWN


@pytest.mark.parametrize("hook", ["order-sign", "order-select"])
@pytest.mark.parametrize("change", [dstu2, stu3, r5, r5_reference])
def test_a_draft_of_another_fhir_version_gets_cards_without_create(running, hook, change):
    """R-15, H-1: MedicationOrder, STU3 and R5 are evaluated, and are offered no R4 resource to create."""
    reply = running.ask(call(hook, change=change))
    assert reply.topics == (SHOWN if hook == "order-sign" else SELECTED)
    assert reply.actions <= {"delete"}
    critical = running.ask(call(hook, "positive-test", change=change))
    assert critical.topics == [("pregnancyPreventionCritical", "critical")]
    assert critical.actions == {"delete"}


def test_on_an_r5_server_the_sandbox_still_sends_r4(running):
    """R-15: medicationCodeableConcept with doseAndRate is taken for R4, and create is offered."""
    assert running.ask(call(change=sandbox)).actions == {"create"}


def test_nothing_but_the_sandbox_defaults_gets_a_card(running):
    """P-20, R-9: a DSTU2 draft, no prefetch, a server elsewhere and an unknown user: cards say what is not known."""
    body = bare(change=dstu2, fhirServer="https://launch.smarthealthit.org/v/r2/fhir")
    body["context"]["userId"] = "Practitioner/COREPRACTITIONER1"
    reply = running.ask(body)
    assert reply.topics == [("unavailable", "info"), ("counselling", "info")]
    assert "was not permitted" in reply.details


def test_an_imaging_order_gets_no_card(running):
    """H-2: a ServiceRequest with an empty coding, selected, is no drug order."""
    body = call("order-select")
    body["context"]["draftOrders"]["entry"] = [{"resource": IMAGING}]
    body["context"]["selections"] = ["ServiceRequest/example-request-id"]
    assert running.ask(body).topics == []


def test_a_token_of_the_sandbox_does_no_harm(running):
    """S-2: an open service answers whatever stands in Authorization."""
    for value in ("Bearer eyJhbGciOiJFUzM4NCJ9.e30.c2ln", "Bearer", "Basic eDp5", ""):
        assert running.ask(call(), Authorization=value).topics == SHOWN


@pytest.mark.parametrize("ending", ["/", ""])
@pytest.mark.parametrize("slashes", ["/", "//"])
def test_slashes_do_no_harm(running, slashes, ending):
    """D-8: a discovery address that ends with a slash leads to two in the call; neither redirects."""
    reply = running.post(f"{slashes[1:]}isotretinoin-order-sign{ending}", call())
    assert reply.topics == SHOWN


@pytest.mark.parametrize("path", ["/cds-services", "/cds-services/"])
def test_discovery_and_preflight_need_no_redirect(running, path):
    """D-1, S-30: discovery with a slash is the same, and so is the question that a browser asks before."""
    plain = running.send("GET", "/cds-services")[2]
    assert running.send("GET", path)[2] == plain
    headers = {"Origin": "https://sandbox.cds-hooks.org", "Access_Control_Request_Method": "GET"}
    status, answer, _ = running.send("OPTIONS", path, Access_Control_Request_Headers="authorization", **headers)
    assert (status, answer["Access-Control-Allow-Origin"]) == (204, "*")


def test_one_hook_instance_for_many_calls(running):
    """R-17: a client that never changes hookInstance gets each call its own answer, also side by side."""
    names = ("no-tests-no-contraception", "positive-test", "labs-overdue", "all-in-order")
    bodies = {name: {**kept(name), "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"} for name in names}
    alone = {name: running.ask(kept(name)).topics for name in names}
    assert len({str(each) for each in alone.values()}) == len(names)
    assert {name: running.ask(body).topics for name, body in bodies.items()} == alone

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda name: running.ask_apart(bodies[name]), names * 10))
    assert found == [alone[name] for name in names] * 10


def test_a_burst_of_edits_gets_each_its_own_answer(running):
    """R-17: each edit of a form is a call; those without a drug get nothing, whatever was called at the same time."""
    edits = [call("order-select", change=change) for change in (without_drug, None, sandbox)] * 8
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(running.ask_apart, edits))
    assert found == [[], SELECTED, SELECTED] * 8
