"""The list of what never makes a card (clinical specification, 8.3), item by item, on every labelled patient."""

from datetime import timedelta
from functools import cache

import pytest
from answer.answer_samples import ORDERED, TODAY, chart_of, labels, lasting, prefetched, resources, vignette
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
SKIN = {"route": {"coding": [{"system": SNOMED, "code": "6064005", "display": "Topical route"}]}}
PEOPLE = ORDERED["us"]
GROUPS = {"MedicationRequest": ("medications",), "Observation": ("labs", "answers"), "Condition": ("conditions",)}


def drug(code, name, skin=False):
    """An active order of another drug."""
    return {
        "resourceType": "MedicationRequest",
        "id": "noise",
        "status": "active",
        "intent": "order",
        "authoredOn": "2026-11-10",
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": code, "display": name}], "text": name},
        **({"dosageInstruction": [SKIN]} if skin else {}),
    }


def result(code, name, value, unit):
    """A final result of two weeks ago."""
    return {
        "resourceType": "Observation",
        "id": "noise",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code, "display": name}]},
        "effectiveDateTime": "2026-11-10",
        "valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
    }


NOISE = {
    "clindamycin on the skin": drug("2582", "clindamycin 1 % topical gel", skin=True),
    "erythromycin on the skin": drug("4053", "erythromycin 2 % topical solution", skin=True),
    "minocycline on the skin": drug("6980", "minocycline 4 % topical foam", skin=True),
    "metronidazole on the skin": drug("6922", "metronidazole 0.75 % topical cream", skin=True),
    "spironolactone": drug("9997", "spironolactone 100 MG Oral Tablet"),
    "omega-3": drug("484348", "omega-3 acid ethyl esters 1000 MG Oral Capsule"),
    "alcohol without a disorder": result("74013-4", "Alcoholic drinks per day", 4, "{drinks}/d"),
    "LDL": result("2089-1", "Cholesterol in LDL", 260, "mg/dL"),
    "total cholesterol": result("2093-3", "Cholesterol", 340, "mg/dL"),
    "white blood cells": result("6690-2", "Leukocytes", 1.9, "10*3/uL"),
    "haemoglobin": result("718-7", "Hemoglobin", 7.1, "g/dL"),
    "potassium": result("2823-3", "Potassium", 6.1, "mmol/L"),
    "creatinine": result("2160-0", "Creatinine", 3.2, "mg/dL"),
    "vitamin D": result("1989-3", "25-Hydroxyvitamin D3", 4, "ng/mL"),
    "CK": result("2157-6", "Creatine kinase", 9000, "U/L"),
    "GGT": result("2324-2", "Gamma glutamyl transferase", 900, "U/L"),
}
BILIRUBIN = result("1975-2", "Bilirubin.total", 4.8, "mg/dL")
PILL = drug("240128", "ethinyl estradiol 0.035 MG / norgestimate 0.25 MG Oral Tablet")


@cache
def plain(service, name):
    """The answer for a labelled patient."""
    return service.by_prefetch(*vignette(name))


def with_more(service, name, noise):
    """The answer with one resource more in each data group of its type, as from a client that filters little."""
    request, chart = vignette(name)
    patient = {"reference": f"Patient/{request['context']['patientId']}"}
    sent = prefetched(service.groups(request["hook"]), request, chart)
    for group in GROUPS[noise["resourceType"]]:
        sent[group]["entry"] = [{"resource": {**noise, "subject": patient}}, *sent[group]["entry"]]
        sent[group]["total"] += 1
    return service.answer({**request, "prefetch": sent})


@pytest.mark.parametrize("noise", NOISE)
def test_what_is_no_matter_changes_no_card(services, noise):
    """8.3: no card, and no word on one, for a drug or a result that is none of this service's business."""
    for name in PEOPLE:
        assert lasting(with_more(services["us"], name, NOISE[noise])) == lasting(plain(services["us"], name)), name


@pytest.mark.parametrize(
    ("signal", "starts"),
    [
        (drug("3640", "doxycycline 100 MG Oral Tablet"), "DDI-01"),
        (result("1742-6", "Alanine aminotransferase", 900, "U/L"), "LIVER"),
    ],
    ids=["oral tetracycline", "ALT"],
)
def test_what_matters_is_seen_in_the_same_place(services, signal, starts):
    """The tests above can fail: what does matter changes the cards of the same patients when it is sent so."""
    for name in ("V01.us", "V26.us"):
        found = {each for card in labels(with_more(services["us"], name, signal)) for each in card["findings"]}
        assert any(each.startswith(starts) for each in found), (name, found)


def test_bilirubin_alone_is_no_card(services):
    """8.3: a bilirubin makes no finding where ALT makes none."""
    for name in PEOPLE:
        before = labels(plain(services["us"], name))
        if not any(id.startswith("LIVER") for card in before for id in card["findings"]):
            assert labels(with_more(services["us"], name, BILIRUBIN)) == before, name


def test_an_oral_contraceptive_is_no_interaction(services):
    """8.3: a combined pill may be a method of contraception, and is never on a card about interacting drugs."""
    for name in PEOPLE:
        found = labels(with_more(services["us"], name, PILL))
        assert [each for each in found if each["topic"] == "interactions"] == [
            each for each in labels(plain(services["us"], name)) if each["topic"] == "interactions"
        ], name


def male(name):
    """Whether a labelled patient is male on record."""
    return next(each for each in resources(vignette(name)[1]) if each["resourceType"] == "Patient")["gender"] == "male"


MEN = [name for name in PEOPLE if male(name)]


@given(st.sampled_from(MEN), st.randoms(use_true_random=False))
@settings(deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_male_patient_gets_no_card_on_contraception(services, name, dice):
    """8.3: whatever is missing of the chart, at most the confirmation of the program category (PREG-02)."""
    request, chart = vignette(name)
    kept = [each for each in resources(chart) if each["resourceType"] == "Patient" or dice.random() < 0.5]
    found = labels(services["us"].by_prefetch(request, chart_of(kept)))
    ids = {id for card in found for id in card["findings"] if id.startswith(("PREG", "CONTRA"))}
    assert ids <= {"PREG-02"}


@pytest.mark.parametrize(("ended", "findings"), [(45, {"PREG-05"}), (46, set())])
def test_a_drug_that_was_stopped_long_ago_is_no_matter(services, ended, findings):
    """8.3: 45 days after the last supply ended a chart may still say something, a day later it never does."""
    request, chart = vignette("V12.us")
    draft = request["context"]["draftOrders"]["entry"][0]["resource"]
    written = TODAY - timedelta(days=30 + ended)
    last = {**draft, "id": "last", "status": "completed", "authoredOn": written.isoformat()}
    last["dispenseRequest"] = {"expectedSupplyDuration": {"value": 30, "unit": "days", "code": "d"}}
    context = {"userId": request["context"]["userId"], "patientId": request["context"]["patientId"]}
    view = {"hook": "patient-view", "hookInstance": request["hookInstance"], "context": context}
    found = labels(services["us"].by_prefetch(view, chart_of([*resources(chart), last])))
    assert {id for card in found for id in card["findings"]} == findings


def test_a_chart_that_is_opened_shows_no_mere_information(plans):
    """8.3: on patient-view an info finding is never shown, PREG-05 excepted, under any profile."""
    for plan in plans.values():
        visible = {each for phase in plan.shows["patient-view"].values() for each in phase}
        assert {each for each in visible if each.endswith("info")} == {"PREG-05 info"}


def test_topical_isotretinoin_is_no_matter(services):
    """8.3: an order of topical isotretinoin gives no card."""
    assert plain(services["us"], "V03.us").cards == ()


def test_counselling_comes_last(services):
    """8.3: from critical to info, and counselling after everything else."""
    order = ("critical", "warning", "info")
    for name in PEOPLE:
        found = labels(plain(services["us"], name))
        assert [order.index(each["indicator"]) for each in found] == sorted(
            order.index(each["indicator"]) for each in found
        )
        assert "counselling" not in [each["topic"] for each in found[:-1]]


def test_when_all_is_in_order_there_is_no_card(services):
    """8.3: no card says that all is well: a patient for whom every rule is satisfied gets an empty answer."""
    found = plain(services["us"], "V26.us")
    assert found.cards == ()
    assert found.decisions.phase == "continuation"
    assert found.decisions.not_checked == ()


def test_what_is_shown_once_in_a_course_is_what_the_specification_names(plans):
    """8.3: COUNSEL-01 and the findings on supervision, under every profile that has them; each may be an info."""
    for plan in plans.values():
        found = [case.finding for rule in plan.rules for case in rule.cases if case.finding is not None]
        once = {each.id for each in found if each.once_per_course}
        assert once == {each.id for each in found if each.id == "COUNSEL-01" or each.id.startswith("DERM")}
        assert all("info" in each.indicators for each in found if each.once_per_course)
