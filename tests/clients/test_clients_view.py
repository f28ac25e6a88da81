"""Opening a chart: silent and cheap for everyone who neither takes the drug nor has just stopped it."""

import json

import pytest
from clients_samples import bare, call, chart, kept

BROKEN = b'{"resourceType": "Bundle", "entry": [], "total": 1e999}'
"""Whole JSON for whoever only looks where it ends; whoever parses it finds a number that is none."""
POST = [("pregnancyPrevention", "info")]
OTHERS = ("patient", "labs", "answers", "conditions", "procedures", "allergies", "orders", "role", "item1")


def with_broken(body, *groups):
    """The request's bytes with members that do not parse."""
    body["prefetch"] = {**body["prefetch"], **{group: f"HERE{group}" for group in groups}}
    sent = json.dumps(body).encode()
    for group in groups:
        sent = sent.replace(f'"HERE{group}"'.encode(), BROKEN)
    return sent


def view(running, body):
    """The answer of patient-view."""
    return running.post("isotretinoin-patient-view", body)


@pytest.mark.parametrize("name", ["long-over", "no-tests-no-contraception"])
def test_what_does_not_parse_goes_unnoticed_for_a_patient_without_the_drug(running, name):
    """Design section 9: the history alone is parsed, and with no course in it nothing else is."""
    body = call("patient-view", name)
    assert view(running, with_broken(body, *OTHERS)).topics == []


def test_what_does_not_parse_is_noticed_for_a_patient_on_the_drug(running):
    """P-24: for somebody who has just stopped, the same members are needed, and are named as not to be used."""
    assert view(running, kept("after-treatment")).topics == POST
    assert view(running, with_broken(kept("after-treatment"), *OTHERS)).topics != POST


def test_a_history_that_does_not_parse_is_no_history(running):
    """Without the history nobody is known to take the drug: every chart that is opened would get a card."""
    assert view(running, with_broken(kept("after-treatment"), "medications")).topics == []


def test_only_the_history_is_read_from_a_server(running, fhir):
    """Design section 9: for a patient without the drug one search is made, and for one on it the others follow."""
    server = fhir(chart("V12.us"))
    assert running.ask(bare(hook="patient-view", fhirServer=server.base)).topics == []
    assert [each.path.partition("?")[0].split("/")[0] for each in server.requests] == ["MedicationRequest"]
    server = fhir(chart("V10.us"))
    assert running.ask(bare(hook="patient-view", name="after-treatment", fhirServer=server.base)).topics == POST
    assert len(server.requests) > 3


def test_without_any_data_a_chart_is_opened_in_silence(running):
    """P-32: a chart of whom nothing is known gets no card, with or without orders that have no place here."""
    body = bare(hook="patient-view")
    assert running.ask(body).topics == []
    body["context"]["draftOrders"] = call()["context"]["draftOrders"]
    assert running.ask(body).topics == []


@pytest.mark.parametrize("name", ["no-tests-no-contraception", "positive-test"])
@pytest.mark.parametrize("hook", ["order-sign", "order-select", "medication-prescribe", "medication-refill"])
def test_what_does_not_parse_goes_unnoticed_for_another_drug(running, hook, name):
    """C-2, design section 9: an order for another drug ends at the trigger, its prefetch never parsed."""
    other = {
        "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "199159"}],
        "text": "tretinoin",
    }
    body = call(hook, name, change=lambda draft: {**draft, "medicationCodeableConcept": other})
    sent = with_broken(body, "medications", *OTHERS)
    assert running.post(f"isotretinoin-{hook}", sent).topics == []
