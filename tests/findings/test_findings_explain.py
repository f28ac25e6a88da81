"""The explanation: every rule with its verdict and what decided it, as data and as text."""

import json
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from cds.chart.arrive import arrive, missing
from cds.chart.chart import Chart, Source
from cds.chart.page import read_page
from cds.facts.case import Case as Patient
from cds.findings.decide import decide
from cds.findings.explain import as_text, explanation
from cds.language.plan import Doubt
from cds.values.known import Reason

UTC = ZoneInfo("UTC")
LABS = {
    "resourceType": "Bundle",
    "link": [{"relation": "next", "url": "more"}],
    "entry": [
        {
            "resource": {
                "resourceType": "Observation",
                "id": "tg",
                "status": "final",
                "code": {"coding": [{"system": "http://loinc.org", "code": "2571-8"}]},
                "subject": {"reference": "Patient/p"},
                "effectiveDateTime": "2026-11-20",
                "valueQuantity": {"value": 820, "unit": "mg/dL", "code": "mg/dL"},
            }
        },
        {"resource": {"resourceType": "Observation", "id": "broken", "subject": {"reference": "Patient/p"}}},
    ],
}


def explained(plan, labs):
    """The explanation of a patient with some laboratory results, and answers that did not come."""
    arrivals = {}
    for name, group in plan.groups.items():
        bundle = labs if name == "labs" else {"resourceType": "Bundle"}
        arrivals[name] = arrive(group, [read_page(bundle)], "p", UTC, Source.SEARCH)
    arrivals["answers"] = missing(plan.groups["answers"], Reason.TIMED_OUT)
    patient = Patient(Chart(arrivals), date(2026, 11, 24), UTC)
    return explanation(plan, patient, decide(plan, patient, "order-sign"))


@pytest.fixture
def said(plan):
    """The explanation of a patient with high triglycerides, pages missing, and answers that did not come."""
    return explained(plan, LABS)


def test_an_explanation_is_json(said):
    """It can be written, sent and read again."""
    assert json.loads(json.dumps(said)) == said


def test_every_rule_is_explained_once(plan, said):
    """Cards and silences alike."""
    assert [each["rule"] for each in said["rules"]] == [rule.name for rule in plan.rules]


def test_a_shown_rule_names_its_evidence_with_value_and_day(plan):
    """Which resource, of which day, says what."""
    said = explained(plan, {**LABS, "link": []})
    (rule,) = [each for each in said["rules"] if each["rule"] == "high-triglycerides"]
    assert (rule["verdict"], rule["finding"], rule["indicator"]) == ("shown", "LIPID-04", "critical")
    assert "Observation/tg" in json.dumps(rule)
    assert "820 mg/dL" in json.dumps(rule)
    assert "2026-11-20" in json.dumps(rule)


def test_a_shown_rule_says_what_is_to_be_confirmed(plan):
    """What the profile is not sure of stands with the finding that rests on it, and with no other."""
    doubt = Doubt("The level", "2027-01-15", frozenset({"LIPID-04 critical"}), "the level of triglycerides")
    doubtful = replace(plan, profile=replace(plan.profile, doubtful=(doubt,)))
    said = explained(doubtful, {**LABS, "link": []})
    marked = {each["rule"]: each["toConfirm"] for each in said["rules"] if "toConfirm" in each}
    assert marked == {"high-triglycerides": ["the level of triglycerides"]}
    assert "\n  to confirm: the level of triglycerides\n" in as_text(said)


def test_an_unchecked_rule_says_why(said):
    """The reason and the group that was missing."""
    (rule,) = [each for each in said["rules"] if each["rule"] == "mood-screen-before-start"]
    assert rule["verdict"] == "not_checked"
    assert rule["why"] == ["timed_out answers"]


def test_a_silent_rule_says_what_it_saw(said):
    """Each silence has its sentence and the facts that decided it."""
    silent = [each for each in said["rules"] if each["verdict"] == "silent"]
    assert silent
    for rule in silent:
        assert rule["silent"].endswith(".")
        assert rule["decidedBy"]


def test_the_other_cases_say_what_did_not_hold(said):
    """For every case that was not taken, the first fact that was in another state."""
    for rule in said["rules"]:
        for other in rule.get("otherCases", ()):
            assert all(" is " in each and ", not " in each for each in other["unmet"])


def rule_of(said, name):
    """What is said of one rule."""
    return next(each for each in said["rules"] if each["rule"] == name)


def test_a_silence_says_what_a_card_would_have_needed(plan):
    """The nearest other case, the state that it needs, and what is so today."""
    said = explained_with(plan, 820, "2026-11-20")
    (first, *_) = rule_of(said, "baseline-triglycerides")["wouldTake"]
    assert (first["finding"], first["indicator"]) == ("LIPID-01", "warning")
    need = first["needs"][0]
    assert (need["needs"], need["is"]) == (["no"], "yes")
    assert need["now"].endswith("of 2026-11-20")
    assert "820 mg/dL" in need["now"]


def explained_with(plan, value, day):
    """The explanation of a patient with one result."""
    observation = {**LABS["entry"][0]["resource"], "effectiveDateTime": day}
    observation["valueQuantity"] = {"value": value, "unit": "mg/dL", "code": "mg/dL"}
    return explained(plan, {"resourceType": "Bundle", "entry": [{"resource": observation}]})


def test_a_card_says_what_silence_would_have_needed(plan):
    """A rule that warns names the silence, and nothing that needs more than it must."""
    said = explained_with(plan, 120, "2026-08-01")
    ways = rule_of(said, "baseline-triglycerides")["wouldTake"]
    assert {"silent": "A recent result is on file.", "case": 1} in [
        {key: way[key] for key in ("silent", "case") if key in way} for way in ways
    ]


def test_the_nearest_cases_are_few_and_in_order(said):
    """At most three, the fewest facts first; none is the case that holds, none needs an unknown."""
    for rule in said["rules"]:
        ways = rule.get("wouldTake", [])
        assert len(ways) <= 3
        assert [len(way["needs"]) for way in ways] == sorted(len(way["needs"]) for way in ways)
        for way in ways:
            assert all(need["is"] not in need["needs"] and "unknown" not in need["needs"] for need in way["needs"])
            assert all(need["needs"] for need in way["needs"])


def test_what_is_unknown_says_why_and_what_would_tell(said):
    """The data group that is missing, and how it can be had."""
    (way, *_) = rule_of(said, "mood-screen-before-start")["wouldTake"]
    need = next(each for each in way["needs"] if each["is"] == "unknown")
    assert need["why"] == ["timed_out answers"]
    assert need["resolve"] == ["an answer in time when Observation is read (questionnaire answers and statements)"]
    text = as_text(said)
    assert "(is unknown, timed_out answers; to know it takes an answer in time when Observation is read" in text


def test_asking_what_would_be_needed_changes_nothing_of_the_rest(plan, said):
    """The same patient explained again says the same, and each rule is decided by the same facts."""
    assert explained(plan, LABS) == said


def test_the_data_section_says_how_each_group_arrived(plan, said):
    """Source, number of resources, missing pages, unreadable resources, reasons."""
    data = {each["group"]: each for each in said["data"]}
    assert set(data) == set(plan.groups)
    assert data["labs"]["from"] == "search"
    assert data["labs"]["completeSince"] == "nowhere"
    assert data["labs"]["broken"] == ["unusable_value labs Observation/broken"]
    assert data["answers"]["why"] == "timed_out answers"


def test_parameters_tell_their_value_and_where_it_comes_from(said):
    """Each threshold with its origin: rule, profile or site."""
    (rule,) = [each for each in said["rules"] if each["rule"] == "high-triglycerides"]
    assert rule["parameters"]["critical_from"] == {"value": "800 mg/dL", "from": "rule"}


def test_a_shared_parameter_is_told_too(said):
    """The window that decides the baseline is shared by two rules; it decides each of them all the same."""
    (rule,) = [each for each in said["rules"] if each["rule"] == "baseline-triglycerides"]
    assert rule["sharedParameters"]["baseline_window"]["value"] == "31 days"
    assert rule["sharedParameters"]["baseline_window"]["from"]


def test_the_text_names_every_rule_and_group(plan, said):
    """The text is the same explanation for people."""
    text = as_text(said)
    assert all(rule.name in text for rule in plan.rules)
    assert all(name in text for name in plan.groups)
    assert "pages missing, complete since nowhere" in text
    assert text.endswith("\n")
