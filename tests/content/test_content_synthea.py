"""Thirteen patients that nobody here invented: what each gets is pinned, and was read against the chart by hand.

docs/synthea.md says for each what the chart shows and whether the cards are right.
"""

import pytest
from answer.answer_samples import labels, lasting
from content_samples import ALL_SYNTHEA, chart, last_visit, on_the_day, request

LABS, MOOD, DERM, TALK = ["LIPID-01", "LIVER-01"], ["MOOD-01"], ["DERM-02", "DERM-03"], ["COUNSEL-01"]
PINNED = {
    "01-f-active-oral-contraceptive": [["CONTRA-02", "PREG-03"], LABS, MOOD, DERM, TALK],
    "02-f-active-oral-contraceptive-with-lipids": [["PREG-03"], LABS, MOOD, DERM, TALK],
    "03-f-active-implant": [["CONTRA-02", "CONTRA-04", "PREG-03"], LABS, MOOD, DERM, TALK],
    "04-f-active-iud": [["CONTRA-02", "CONTRA-04", "PREG-03"], LABS, MOOD, DERM, TALK],
    "05-f-pregnant-now": [["PREG-01"], LABS, MOOD, DERM],
    "06-f-stale-active-tubal-pregnancy": [["CONTRA-01", "PREG-03"], LABS, MOOD, DERM, ["COND-01"], TALK],
    "07-f-tubal-ligation": [["CONTRA-02", "PREG-03"], ["LIVER-01"], MOOD, DERM, TALK],
    "08-f-contraception-stopped-only": [["CONTRA-01", "PREG-03"], LABS, MOOD, DERM, TALK],
    "09-f-teen-no-contraception-no-labs": [["CONTRA-01", "PREG-03"], LABS, MOOD, DERM, TALK],
    "10-m-young-with-lipids-hypertriglyceridemia": [LABS, MOOD, DERM, TALK],
    "11-m-teen-atopic-dermatitis": [LABS, MOOD, DERM, TALK],
    "12-f-with-phq2-gad7": [["CONTRA-02", "PREG-03"], LABS, MOOD, DERM, TALK],
    "13-m-with-phq2-gad7": [["PREG-02"], LABS, DERM, TALK],
}
"""The findings of each card, as a careful specialist would have them, in the order of the cards."""


@pytest.fixture
def asked(services):
    """Asks for a patient on the day of the last visit, by prefetch or by search."""

    def ask(name, fhir=None):
        bundle = chart(name)
        service = on_the_day(services["us"].ready, last_visit(bundle))
        sent = request(bundle)
        return service.by_prefetch(sent, bundle) if fhir is None else service.by_search(fhir, sent, bundle)

    return ask


def test_every_bundle_is_pinned():
    """No patient of the folder is forgotten."""
    assert tuple(PINNED) == ALL_SYNTHEA


@pytest.mark.parametrize("name", list(PINNED))
def test_a_patient_of_synthea_gets_the_cards_that_were_read_by_hand(asked, name):
    """The findings on each card, and the order of the cards."""
    assert [each["findings"] for each in labels(asked(name))] == PINNED[name]


@pytest.mark.parametrize("name", PINNED)
def test_a_patient_of_synthea_gets_the_same_cards_by_search(asked, fhir, name):
    """Read from a FHIR server that holds the Bundle, the cards are the same."""
    assert lasting(asked(name, fhir)) == lasting(asked(name))


def test_only_a_pregnancy_that_can_be_current_is_critical(asked):
    """A pregnancy of the day is; one of 1972 that nobody closed is not, and nothing else here is."""
    critical = {name for name in PINNED for each in labels(asked(name)) if each["indicator"] == "critical"}
    assert critical == {"05-f-pregnant-now"}


def test_counselling_is_withheld_beside_the_pregnancy(asked):
    """Nothing counsels towards a treatment that is contraindicated."""
    assert "counselling" not in {each["topic"] for each in labels(asked("05-f-pregnant-now"))}


def test_an_old_screen_is_named_and_satisfies_nothing(asked):
    """The score of 2018 is shown by its day; the one of the same visit in another patient is a screen."""
    (mood,) = [each for each in asked("12-f-with-phq2-gad7").cards if each.source.topic.code == "mood"]
    assert "2018-03-31" in mood.detail
    assert "mood" not in {each["topic"] for each in labels(asked("13-m-with-phq2-gad7"))}


def test_a_device_past_its_date_is_no_method(services):
    """CONTRA-01 counts a device that is in date; no contraceptive implant lasts sixteen years."""
    bundle = chart("08-f-contraception-stopped-only")
    code = {"system": "http://snomed.info/sct", "code": "169553002", "display": "Insertion of contraceptive implant"}
    sent = request(bundle)
    inserted = {
        "resourceType": "Procedure",
        "id": "implant-2004",
        "status": "completed",
        "code": {"coding": [code]},
        "subject": {"reference": f"Patient/{sent['context']['patientId']}"},
        "performedDateTime": "2004-01-01",
    }
    bundle["entry"].append({"resource": inserted})
    found = labels(on_the_day(services["us"].ready, last_visit(bundle)).by_prefetch(sent, bundle))
    assert "CONTRA-01" in {each for card in found for each in card["findings"]}
