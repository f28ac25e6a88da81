"""Every file of other projects, posted as it is to the real server: the answer that it deserves."""

import json

import pytest
from clients_samples import FIXTURES, HOOKS

NONE: list = []
ANSWERED = {
    # An order of the drug whose server is not there, whose token is empty, and whose prefetch has keys of its own.
    "rems-admin-order-sign-isotretinoin": [("dose", "warning"), ("unavailable", "info"), ("counselling", "info")],
    "crd-ri-medication-prescribe-prefetch": NONE,
    "fhir-test-cases-cdshooks-request-order-select-good": NONE,
    "fhir-test-cases-cdshooks-request-order-sign-bad-1": NONE,
    "fhir-test-cases-cdshooks-request-order-sign-good": NONE,
    "fhir-test-cases-cdshooks-request-patient-view-good": NONE,
    "inferno-crd-order-select-request": NONE,
    "opioid-cds-OpioidCDSREC08OrderSign-noPrefetch": NONE,
    "opioid-cds-OpioidCDSREC08OrderSign-request-example-rec-08-order-sign-on-naloxone": NONE,
    "opioid-cds-OpioidCDSREC10PatientView-request-example-rec-10-patient-view-illicit-drugs": NONE,
    "opioid-cds-OpioidCDSREC11-request-example-rec-11-benzo-trigger-with-opioid": NONE,
}
"""Requests for a hook that has a service, and the cards that they get: another drug gets none."""
NO_REQUESTS = (
    "davinci-crd-CRDServiceResponse",
    "fhir-test-cases-cdshooks-response-empty",
    "fhir-test-cases-cdshooks-response-empty-source",
    "fhir-test-cases-cdshooks-response-suggestion",
    "fhir-test-cases-cdshooks-response-two-cards",
    "fhir-test-cases-cdshooks-services-good",
)
"""Answers and discovery documents."""
OTHER_HOOK = "inferno-crd-encounter-start-request"
MALFORMED = sorted(path.stem for path in (FIXTURES / "malformed").glob("*.json"))


def content(name, folders=("cdshooks", "clients")):
    """The bytes of a file."""
    (found,) = [path for each in folders if (path := FIXTURES / each / f"{name}.json").is_file()]
    return found.read_bytes()


@pytest.mark.parametrize("name", ANSWERED)
def test_a_request_of_another_project_is_answered(running, name):
    """R-10 to R-12, C-2: posted as it is, a real request gets 200 and the cards of its drug, or none."""
    body = content(name)
    assert running.post(f"isotretinoin-{json.loads(body)['hook']}", body).topics == ANSWERED[name]


@pytest.mark.parametrize("name", ANSWERED)
def test_a_request_at_the_service_of_another_hook_is_refused(running, name):
    """R-2: a service answers its own hook only, and says which."""
    body = content(name)
    own = json.loads(body)["hook"]
    assert {running.post(f"isotretinoin-{hook}", body).path for hook in HOOKS if hook != own} == {"hook"}


@pytest.mark.parametrize("name", NO_REQUESTS)
def test_what_is_no_request_is_refused(running, name):
    """R-2, E-5: an answer or a discovery document is 400 at every service, for it names no hook."""
    assert {running.post(f"isotretinoin-{hook}", content(name)).path for hook in HOOKS} == {"hook"}


def test_a_hook_without_a_service_has_no_address(running):
    """E-7, R-2: encounter-start is 404 at an address of its own, and 400 at every service that there is."""
    assert running.post("isotretinoin-encounter-start", content(OTHER_HOOK)).status == 404
    assert {running.post(f"isotretinoin-{hook}", content(OTHER_HOOK)).path for hook in HOOKS} == {"hook"}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_file_is_refused(running, name):
    """R-1, E-5: what does not parse, or is a resource and no request, is 400 at every service; nothing is repeated."""
    body = content(name, ("malformed",))
    for hook in HOOKS:
        reply = running.post(f"isotretinoin-{hook}", body)
        assert reply.path in (None, "hook")
        assert len(json.dumps(reply.body)) < 400


def test_every_file_is_posted():
    """No file of these folders is forgotten."""
    there = {path.stem for each in ("cdshooks", "clients") for path in (FIXTURES / each).glob("*.json")}
    assert there == {*ANSWERED, *NO_REQUESTS, OTHER_HOOK}
