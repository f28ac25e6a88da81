"""Every sentence of the brief about isotretinoin leads to a rule that works: a patient for whom its card appears."""

import pytest
from content_samples import tried

from cds.authoring.test_expect import FINDING
from cds.authoring.test_suite import load_suite
from cds.language.defaults import default_profile
from cds.language.report import Report

LIPIDS = [f"LIPID-0{n}" for n in range(1, 6)]
LIVER = [f"LIVER-0{n}" for n in range(1, 6)]
MOOD = [f"MOOD-0{n}" for n in range(1, 6)]
CONTRA = [f"CONTRA-0{n}" for n in range(1, 7)]
ROWS = {
    "severe acne that did not respond to other treatment": ["DERM-03"],
    "lasts several months": ["DOSE-03"],
    "only under a provider specialising in dermatology": ["DERM-01", "DERM-02"],
    "before starting: conditions": [f"COND-0{n}" for n in range(1, 7)],
    "before starting: medications": ["DDI-01", "DDI-02", "DDI-03", "DDI-04"],
    "before starting: risks": ["COUNSEL-01"],
    "regular monitoring and follow-up": ["COUNSEL-02", "LIPID-02", "LIVER-02", "MOOD-02"],
    "side effects": ["COUNSEL-01"],
    "raised lipids, monitoring": LIPIDS + LIVER,
    "mood changes": MOOD,
    "birth defects: tests": ["PREG-01", "PREG-02", "PREG-03", "PREG-04", "PREG-05"],
    "birth defects: contraception": CONTRA,
    "only under qualified supervision": ["DERM-01", "COUNSEL-01"],
}
"""Sentences of the brief (the clinical specification's mapping) and the findings to which each leads."""
TOPICS = {
    "lasts several months": "the course lasts 15 to 20 weeks",
    "improvement within weeks, full clearance later": "improvement takes weeks",
    "dryness; moisturise, lip balm": "dryness of lips, skin, eyes and nose: moisturiser, lip balm",
    "sun sensitivity; sunscreen, clothing": "sun sensitivity: sunscreen and protective clothing",
    "lipids": "blood tests for lipids and liver",
    "mood changes; discuss": "mood changes: tell someone, and call",
    "birth defects; contraception before, during, after": "contraception one month before, during and one month after",
}
"""Sentences that the text of COUNSEL-01 covers."""


@pytest.fixture(scope="module")
def trials(content):
    """The patients of the tests beside the rules, by the finding that each expects."""
    found = {}
    for pack in load_suite(content, default_profile(content), Report()):
        for trial in (trial for rule in pack.rules for trial in rule.trials):
            if trial.expect.ending == FINDING and not trial.todo:
                found.setdefault(trial.expect.says, []).append(trial)
    return found


def on_cards(trial):
    """The ids of the findings on them."""
    return {each["id"] for card in tried(trial) for told in card.extension.values() for each in told["findings"]}


@pytest.mark.parametrize(("sentence", "finding"), [(row, each) for row, several in ROWS.items() for each in several])
def test_a_sentence_leads_to_a_card(trials, sentence, finding):
    """Some patient gets a card with the finding, on a hook and in a phase that show it."""
    assert any(finding in on_cards(trial) for trial in trials[finding]), sentence


def test_an_unclear_test_makes_testing_incomplete(trials):
    """PREG-06 is no card of its own: an indeterminate or home test shows as PREG-03."""
    texts = [card.detail for trial in trials["PREG-03"] for card in tried(trial)]
    assert any("no clear final result" in text for text in texts)
    assert any("Before the first dose tests count only from a medical setting" in text for text in texts)


@pytest.mark.parametrize("sentence", TOPICS)
def test_a_sentence_is_a_point_of_the_counselling_card(trials, sentence):
    """What the brief wants discussed is on the card that lists what to cover."""
    (text,) = {card.detail for card in tried(trials["COUNSEL-01"][0]) if card.source.topic.code == "counselling"}
    assert TOPICS[sentence] in text


def test_supervision_and_the_indication_share_a_card(trials):
    """DERM-03 stands beside DERM-01 or DERM-02 and makes no card of its own."""
    for trial in trials["DERM-03"]:
        assert "DERM-03" not in on_cards(trial) or {"DERM-01", "DERM-02"} & on_cards(trial)
