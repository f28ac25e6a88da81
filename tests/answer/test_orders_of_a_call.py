"""From the orders of a call to one evaluation: references, Bundle entries, several orders, other drugs."""

import copy
import json

import pytest
from answer_samples import by_topic, expected, labels, lasting, prefetched, resources, vignette

from cds.authoring.loopback import LoopbackFhir

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
PRODUCT = {
    "resourceType": "Medication",
    "id": "m1",
    "code": {"coding": [{"system": RXNORM, "code": "197844", "display": "isotretinoin 20 MG Oral Capsule"}]},
}
OTHER = {"resourceType": "Medication", "id": "m1", "code": {"coding": [{"system": RXNORM, "code": "860975"}]}}


def call(name="V12.us", hook="order-sign", **order):
    """A labelled patient's request with the order's medication replaced, and the chart."""
    request, chart = vignette(name)
    draft = request["context"]["draftOrders"]["entry"][0]["resource"]
    if any(key.startswith("medication") for key in order):
        del draft["medicationCodeableConcept"]
    draft.update(order)
    if hook == "order-select":
        request = {**request, "hook": hook}
        request["context"]["selections"] = ["MedicationRequest/draft-1"]
    return request, chart


def entries(request):
    return request["context"]["draftOrders"]["entry"]


LABEL = by_topic(expected()["V12.us"])


def test_a_contained_medication_names_the_drug(service):
    """An order with its Medication inside is evaluated."""
    request, chart = call(medicationReference={"reference": "#m1"}, contained=[PRODUCT])
    assert by_topic(labels(service.by_prefetch(request, chart))) == LABEL


@pytest.mark.parametrize("reference", ["Medication/m1", "urn:uuid:7f1c", "https://ehr.example.org/fhir/Medication/m1"])
def test_a_medication_in_another_entry_names_the_drug(service, reference):
    """An order whose Medication came along in the Bundle, by id or by full URL, is evaluated."""
    request, chart = call(medicationReference={"reference": reference})
    entries(request).append({"fullUrl": reference, "resource": PRODUCT})
    assert by_topic(labels(service.by_prefetch(request, chart))) == LABEL


@pytest.mark.parametrize("reference", ["Medication/m1", "BASE/Medication/m1"])
def test_a_medication_that_must_be_read_is_read(service, reference):
    """Where only a reference names the drug, the Medication is read before anything else."""
    request, chart = vignette("V12.us")
    chart["entry"].append({"resource": PRODUCT})
    with LoopbackFhir([chart]) as fhir:
        request, _ = call(medicationReference={"reference": reference.replace("BASE", fhir.base)})
        result = service.answer({**request, "fhirServer": fhir.base})
        assert fhir.paths[0] == "GET Medication/m1"
    assert by_topic(labels(result)) == LABEL


def test_a_medication_that_turns_out_to_be_another_drug_ends_there(service):
    """Another drug gives no card, and nothing of the chart is read."""
    request, chart = call(medicationReference={"reference": "Medication/m1"})
    chart["entry"].append({"resource": OTHER})
    with LoopbackFhir([chart]) as fhir:
        result = service.answer({**request, "fhirServer": fhir.base})
        assert fhir.paths == ["GET Medication/m1"]
    assert (result.cards, result.chart) == ((), None)


def test_a_medication_that_cannot_be_read_gives_no_card_and_is_counted(service):
    """A drug that nobody can name gives no card; the answer says how many there were."""
    request, chart = call(medicationReference={"reference": "Medication/m1"})
    result = service.by_prefetch(request, chart)
    assert (result.cards, result.trigger.unidentified) == ((), 1)


@pytest.mark.parametrize("display", ["MED-00417", "Oral capsule", "Drug of the formulary"])
def test_a_display_that_names_no_known_drug_does_not_replace_the_reading(service, fhir, display):
    """Only a display that hints at the drug spares the reading (design, section 4); one that says nothing does not."""
    request, chart = call(medicationReference={"reference": "Medication/m1", "display": display})
    chart["entry"].append({"resource": PRODUCT})
    assert by_topic(labels(service.by_search(fhir, request, chart))) == LABEL


def test_a_display_of_the_drug_is_enough(service):
    """A reference that says isotretinoin fires without reading, and says that it was matched on text."""
    request, chart = call(medicationReference={"reference": "Medication/m1", "display": "Isotretinoin"})
    result = service.by_prefetch(request, chart)
    assert "matched on text" in result.cards[0].detail
    assert by_topic(labels(result)) == LABEL


@pytest.mark.parametrize(
    ("medication", "sentence"),
    [
        ({"text": "Roaccutane 20mg"}, "matched on text alone"),
        ({"coding": [{"system": RXNORM, "code": "6064"}]}, "names the ingredient and no formulation"),
        ({"coding": [{"system": RXNORM, "code": "197844"}], "text": "isotretinoin gel"}, "a sign of another route"),
    ],
)
def test_a_doubtful_order_fires_and_says_what_is_doubtful(service, medication, sentence):
    """A possible match fires like a certain one, and the first card says how the order was recognised."""
    request, chart = call("V01.us", medicationCodeableConcept=medication, dosageInstruction=[])
    result = service.by_prefetch(request, chart)
    assert sentence in result.cards[0].detail
    assert by_topic(labels(result)) == by_topic(expected()["V01.us"])


def test_a_certain_order_says_nothing_of_how_it_was_recognised(service):
    """No card of a certain match talks about matching."""
    request, chart = vignette("V01.us")
    assert "matched" not in service.by_prefetch(request, chart).cards[0].detail


def second(request, name="draft-2", code="197843", dose=10, supply=30):
    """A second order of the drug in the same call: 10 mg once a day."""
    other = copy.deepcopy(entries(request)[0]["resource"])
    other["id"] = name
    other["dosageInstruction"][0]["timing"]["repeat"]["frequency"] = 1
    other["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] = dose
    other["dispenseRequest"]["expectedSupplyDuration"]["value"] = supply
    other["medicationCodeableConcept"] = {"coding": [{"system": RXNORM, "code": code}]}
    return {"resource": other}


@pytest.mark.parametrize("name", ["V01.us", "V12.us", "V28.us", "V39.us", "V49.us"])
def test_two_orders_of_the_drug_are_one_evaluation(service, name):
    """Two orders signed together give one set of cards."""
    request, chart = vignette(name)
    entries(request).append(second(request))
    assert by_topic(labels(service.by_prefetch(request, chart))) == by_topic(expected()[name])


def test_the_daily_dose_is_the_sum_of_both_orders(service):
    """40 mg and 40 mg a day for 70 kg are more than 1 mg/kg, though each alone is not."""
    request, chart = vignette("V01.us")
    entries(request).append(second(request, code="197845", dose=40))
    assert {"topic": "dose", "indicator": "info", "findings": ["DOSE-01"]} in labels(
        service.by_prefetch(request, chart)
    )


def test_the_supply_is_that_of_the_longest_order(service):
    """30 days of one and 60 of the other are a supply of 60 days."""
    request, chart = vignette("V01.us")
    entries(request).append(second(request, supply=60))
    found = labels(service.by_prefetch(request, chart))
    assert {"topic": "dose", "indicator": "warning", "findings": ["DOSE-02"]} in found


def test_a_critical_card_offers_to_remove_each_of_two_orders(service):
    """Beside a pregnancy each of the orders can be removed, and nothing else can."""
    request, chart = vignette("V28.us")
    other = {"resourceType": "ServiceRequest", "id": "lab-1", "status": "draft", "intent": "order"}
    entries(request).extend([second(request), {"resource": other}])
    (card,) = service.by_prefetch(request, chart).cards
    removed = [each.resource_id for suggestion in card.suggestions for each in suggestion.actions if each.resource_id]
    assert removed == ["MedicationRequest/draft-1", "MedicationRequest/draft-2"]


@pytest.mark.parametrize("name", ["V01.us", "V12.us", "V49.us"])
def test_the_draft_that_is_already_in_the_chart_changes_nothing(service, name):
    """Clients store a draft before it is signed: it is neither history nor a duplicate."""
    request, chart = vignette(name)
    stored = {**copy.deepcopy(entries(request)[0]["resource"]), "status": "active"}
    cards = lasting(service.by_prefetch(request, chart))
    chart["entry"].append({"resource": stored})
    assert lasting(service.by_prefetch(request, chart)) == cards


def test_an_order_for_another_patient_is_not_evaluated(service):
    """Orders of somebody else's in the same Bundle give no card about this patient."""
    request, chart = call(subject={"reference": "Patient/somebody-else"})
    assert service.by_prefetch(request, chart).cards == ()


def test_order_select_evaluates_the_selected_orders_only(service):
    """A draft of the drug that is not selected is background."""
    request, chart = call(hook="order-select")
    aspirin = second(request, "draft-2", "1191")
    entries(request).append(aspirin)
    request["context"]["selections"] = ["MedicationRequest/draft-2"]
    assert service.by_prefetch(request, chart).cards == ()
    request["context"]["selections"] = ["MedicationRequest/draft-1"]
    assert labels(service.by_prefetch(request, chart)) == [each for each in LABEL if each["topic"] != "counselling"]


def test_order_select_shows_warnings_and_criticals_only(service):
    """Info findings wait for the signature; what could not be checked does not."""
    for name, topics in (("V01.us", []), ("V20.us", []), ("V28.us", ["pregnancyPrevention"]), ("V39.us", ["labs"])):
        result = service.by_prefetch(*call(name, hook="order-select"))
        assert [each["topic"] for each in labels(result)] == topics, name
    request, chart = call("V01.us", hook="order-select")
    sent = prefetched(service.groups(), request, chart)
    del sent["labs"]
    result = service.answer({**request, "prefetch": sent})
    assert [each["topic"] for each in labels(result)] == ["unavailable"]


def test_an_order_of_another_drug_ends_before_its_prefetch_is_parsed(service):
    """No card, no chart, however broken the prefetch is."""
    request, _ = call("V28.us", medicationCodeableConcept={"coding": [{"system": RXNORM, "code": "860975"}]})
    result = service.answer({**request, "prefetch": {"labs": {"resourceType": "Bundle", "entry": 7}}})
    assert (result.cards, result.chart, result.patient) == ((), None, None)


@pytest.mark.parametrize("kind", ["STU3", "DSTU2"])
def test_a_client_of_another_version_gets_cards_without_resources_to_create(service, kind):
    """Clients that are not R4 get no create; removing the order is still offered."""
    request, chart = vignette("V28.us")
    draft = entries(request)[0]["resource"]
    if kind == "STU3":
        draft["dosageInstruction"] = [{"doseQuantity": {"value": 20, "unit": "mg"}}]
    else:
        drug = draft.pop("medicationCodeableConcept")
        draft = {
            "resourceType": "MedicationOrder",
            "id": "draft-1",
            "status": "draft",
            "medicationCodeableConcept": drug,
        }
        draft["patient"] = {"reference": "Patient/v28-us"}
        entries(request)[0]["resource"] = draft
    (card,) = service.by_prefetch(request, chart).cards
    kinds = {action.type for suggestion in card.suggestions for action in suggestion.actions}
    assert kinds == {"delete"}


def test_every_card_names_the_logic_and_the_content_that_made_it(service):
    """The extension holds pack, version, hash, profile, topic and findings, and no value of the patient."""
    request, chart = vignette("V44.us")
    (card,) = service.by_prefetch(request, chart).cards
    told = card.extension["isotretinoin-cds.card"]
    assert set(told) == {"pack", "packVersion", "contentHash", "profile", "topic", "findings"}
    assert told["contentHash"] == service.ready.content_hash
    assert "800" not in json.dumps(told)
    assert card.links[0].url == "http://cds.test/rules/isotretinoin/labs#LIPID-04"
    assert not {each["id"] for each in resources(chart) if "id" in each} & set(json.dumps(told).split('"'))
