"""The labelled patients: exactly the cards of their labels, and nothing that the labels forbid."""

import re

import pytest
from answer_samples import ALL, by_topic, expected, labels, lasting, resources, vignette, words

every_patient = pytest.mark.parametrize("name", ALL)


@pytest.fixture
def told(services):
    """Asks for a labelled patient under the label's profile, data by prefetch."""
    return lambda name: services[name[-2:]].by_prefetch(*vignette(name))


def test_every_label_has_its_patient():
    """No labelled patient is forgotten."""
    assert set(expected()) == set(ALL)
    assert len(ALL) == 35


@every_patient
def test_a_labelled_patient_gets_exactly_the_cards_of_the_label(told, name):
    """The cards are those of the label, no fewer and no more, with their findings and gravest indicator."""
    assert by_topic(labels(told(name))) == by_topic(expected()[name])


@every_patient
def test_search_gives_the_same_cards_as_prefetch(services, told, fhir, name):
    """Where the data come from changes nothing that the reader sees."""
    assert lasting(services[name[-2:]].by_search(fhir, *vignette(name))) == lasting(told(name))


@every_patient
def test_every_answer_is_as_cds_hooks_wants_it(services, told, name):
    """An answer meets the response schema, and no summary exceeds what CDS Hooks allows."""
    cards = lasting(told(name))
    assert services["us"].ready.answer_problems({"cards": [_with_ids(card) for card in cards]}) == ()
    assert all(len(card["summary"]) <= 139 for card in cards)


@every_patient
def test_the_gravest_card_comes_first_and_counselling_last(told, name):
    """Cards are ordered critical, warning, info; within, counselling stands last."""
    cards = labels(told(name))
    rank = ["critical", "warning", "info"]
    assert [rank.index(each["indicator"]) for each in cards] == sorted(rank.index(e["indicator"]) for e in cards)
    assert [each["topic"] for each in cards].index("counselling") == len(cards) - 1 if _counsels(cards) else True


def _counsels(cards):
    return any(each["topic"] == "counselling" for each in cards)


def _with_ids(card):
    some = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
    suggestions = [{**each, "uuid": some} for each in card.get("suggestions", ())]
    return {**card, "uuid": some, **({"suggestions": suggestions} if suggestions else {})}


# ------------------------------------------------------------------ what must not be said


def ids(result):
    return {each for card in labels(result) for each in card["findings"]}


def card(result, topic):
    """The one card of a topic."""
    (found,) = [each for each in result.cards if each.source.topic.code.removesuffix("Critical") == topic]
    return found


def test_no_card_states_or_implies_gender_identity(told):
    """Texts are neutral: no gender, no pronoun, whoever the patient is (V14, V16, and all others)."""
    banned = re.compile(r"\b(trans\w*|gender\w*|female|male|woman|women|man|men|she|he|her|his)\b", re.IGNORECASE)
    for name in ALL:
        assert banned.search(words(told(name))) is None, name


def test_v14_testosterone_is_no_contraception(told):
    """Hormone therapy is not named where methods on record are listed, and exempts nobody."""
    result = told("V14.us")
    assert "testosterone" not in words(result).lower()
    assert {"PREG-03", "CONTRA-01"} <= ids(result)


def test_v02_a_drug_coded_by_ingredient_with_a_capsule_in_its_text_needs_no_doubt(told):
    """RxNorm 6064 with "Oral Capsule" in its display is recognised."""
    assert told("V02.us").trigger.by == "code"


@pytest.mark.parametrize("name", ["V01.us", "V16.us"])
def test_who_cannot_get_pregnant_hears_nothing_of_tests_and_methods(told, name):
    """No pregnancy, contraception, laboratory, mood or supervision finding where none is due."""
    assert ids(told(name)) == {"COUNSEL-01"}


def test_v12_pregnancy_and_contraception_share_one_card(told):
    """Two findings of one topic never make two cards, and neither is critical."""
    found = card(told("V12.us"), "pregnancyPrevention")
    assert found.indicator == "warning"
    assert "(+1 more)" in found.summary


def test_v16_asks_to_confirm_the_category(told):
    """An exemption by birth sex alone is said to need confirmation."""
    assert "confirm the program category" in card(told("V16.us"), "counselling").detail


@pytest.mark.parametrize("name", ["V13.us", "V18.us"])
def test_an_exemption_or_category_that_is_settled_needs_no_confirming(told, name):
    """Who can get pregnant, or has no uterus on record, is not told to confirm the category."""
    assert "confirm the program category" not in words(told(name))


def test_v20_sterilisation_is_a_method_and_no_exemption(told):
    """Tubal ligation counts as the primary method only."""
    result = told("V20.us")
    assert result.patient.outcomes["capacity"].state == "yes"
    assert "CONTRA-01" not in ids(result)


def test_v26_a_home_test_counts_in_the_course(told):
    """The modified program lets the monthly test be done at home: silence."""
    assert told("V26.us").cards == ()


def test_v28_nothing_suggests_to_sign_and_nothing_counsels(told):
    """Beside a pregnancy on record there is one card; its suggestions confirm, refer or remove the order."""
    result = told("V28.us")
    (found,) = result.cards
    assert found.source.topic.code == "pregnancyPreventionCritical"
    kinds = [
        (action.type, (action.resource or {}).get("resourceType")) for s in found.suggestions for action in s.actions
    ]
    assert kinds == [("create", "ServiceRequest"), ("create", "ServiceRequest"), ("delete", None)]
    assert not re.search(r"\bsign\b|proceed|continue with", words(result), re.IGNORECASE)
    assert "COUNSEL-01" not in ids(result)
    assert "PREG-03" not in ids(result)


def test_v30_a_preliminary_positive_is_called_so(told):
    """A preliminary positive is named as such and is no pregnancy on record."""
    result = told("V30.us")
    assert "preliminary positive" in card(result, "pregnancyPrevention").summary
    assert "PREG-01" not in ids(result)


def test_v35_a_progestin_only_pill_is_no_primary_method(told):
    """The pill is shown as what it is, not as a primary method."""
    found = card(told("V35.us"), "pregnancyPrevention")
    assert "No primary method is on record" in found.detail


def test_v39_one_laboratory_card_and_preliminary_satisfies_nothing(told):
    """An erroneous and a preliminary result make one card, in which the preliminary one is called pending."""
    found = card(told("V39.us"), "labs")
    assert "ALT result is pending" in found.detail
    assert "No triglyceride result in the last 31 days" in found.summary


def test_v44_and_v46_have_the_grade_of_their_height(told):
    """800 mg/dL is critical; 3.25 times the upper limit is a warning."""
    assert card(told("V44.us"), "labs").source.topic.code == "labsCritical"
    assert "3.25" in card(told("V46.us"), "labs").summary


def test_v49_no_blood_count_and_no_metabolic_panel_is_asked_for(told):
    """Only what is evidence-based is suggested: no CBC, no BMP, no complete panel."""
    assert not re.search(r"\b(cbc|bmp|cmp|blood count|metabolic)\b", words(told("V49.us")), re.IGNORECASE)


def test_v50_the_summary_holds_nothing_of_the_item(told):
    """A summary is read over the shoulder: no item, no answer, no score and no word of suicide in it."""
    found = card(told("V50.us"), "mood")
    assert not re.search(r"item|several|dead|hurt|suicid|harm|phq|\d", found.summary, re.IGNORECASE)
    assert "PHQ item 9" in found.detail


def test_v54_supervision_is_no_bar(told):
    """The supervision card informs; nothing in it stops or forbids."""
    found = card(told("V54.us"), "supervision")
    said = f"{found.summary} {found.detail}"
    assert not re.search(r"must not|cannot|do not|block|stop|not allowed|prohibit|forbid|only by", said, re.IGNORECASE)


def test_v60_topical_antibiotics_are_no_matter(told):
    """Topical minocycline and clindamycin are not mentioned."""
    assert not re.search(r"minocyclin|clindamycin", words(told("V60.us")), re.IGNORECASE)


def test_no_card_says_that_there_is_no_risk(told):
    """No instrument clears a patient: words such as "no risk" or "safe to prescribe" never occur."""
    for name in ALL:
        said = words(told(name))
        assert not re.search(r"no (suicide )?risk|safe to (sign|prescribe|start)|all (is )?well", said, re.IGNORECASE)


# ------------------------------------------------------------------ United Kingdom, other hooks, later rules


def test_v05_an_order_in_words_says_so(told):
    """ "Roaccutane 20mg caps" is evaluated, and the first card says that it was matched on text."""
    result = told("V05.uk")
    assert result.trigger.by == "text"
    assert "matched on text" in result.cards[0].detail


def test_v09_a_course_long_over_is_no_matter_when_the_chart_is_opened(told):
    """patient-view is silent for a supply that ended months ago."""
    assert told("V09.us").cards == ()


def test_v10_after_treatment_only_the_tests_after_it_are_named(told):
    """No start-of-treatment test, no contraception warning, no counselling after the last supply."""
    result = told("V10.us")
    assert ids(result) == {"PREG-05"}
    assert [each.indicator for each in result.cards] == ["info"]


def test_v23_no_menstruation_yet_is_no_exemption(told):
    """A child before menarche counts as able to get pregnant."""
    result = told("V23.us")
    assert result.patient.outcomes["capacity"].state == "yes"
    assert card(result, "conditions").indicator == "warning"


def test_v32_one_test_is_asked_for_in_the_united_kingdom(told):
    """One test, at the start; an intrauterine system is a method of its own."""
    result = told("V32.uk")
    assert not re.search(r"\btwo\b|\b2\b", card(result, "pregnancyPrevention").summary)
    assert "CONTRA-02" not in ids(result)
    assert "iPLEDGE" not in words(result)


def test_v42_a_molar_value_is_compared_in_the_right_unit(told):
    """3.5 mmol/L is 310 mg/dL: the first step, shown as it came."""
    found = card(told("V42.uk"), "labs")
    assert found.indicator == "warning"
    assert "3.5 mmol/L" in found.detail


def test_v56_an_antibiotic_that_goes_on_is_an_interaction(told):
    """An active tetracycline is named although it is also prior therapy."""
    found = card(told("V56.us"), "interactions")
    assert found.indicator == "warning"
    assert "doxycycline" in found.detail


@pytest.mark.parametrize(
    ("name", "born", "told_of_parents"),
    [
        ("V05.uk", "2010-07-27", True),
        ("V05.uk", "2008-11-24", False),
        ("V05.uk", "2008-11-25", True),
        ("V05.uk", "2001-07-27", False),
        ("V01.us", "2010-07-27", False),
    ],
)
def test_the_acknowledgement_of_a_minor_is_for_parents_too(services, name, born, told_of_parents):
    """Under 18, where the form is asked for, the counselling card names a parent or carer (AGE-02)."""
    request, chart = vignette(name)
    for resource in resources(chart):
        if resource["resourceType"] == "Patient":
            resource["birthDate"] = born
    counselling = card(services[name[-2:]].by_prefetch(request, chart), "counselling")
    assert ("parent or carer" in counselling.detail) is told_of_parents


def test_v58_peanut_allergy_is_critical_in_the_united_kingdom(told):
    """The severity is that of the profile."""
    assert card(told("V58.uk"), "conditions").source.topic.code == "conditionsCritical"


def test_v59_refills_are_named_and_the_dose_is_not(told):
    """Too long a supply is no too high dose."""
    assert "DOSE-01" not in ids(told("V59.us"))


def test_no_card_of_the_united_kingdom_speaks_of_the_american_program(told):
    """Words, links and sources are those of the profile."""
    for name in ALL:
        if name.endswith(".uk"):
            said = words(told(name)) + str([(each.source, each.links) for each in told(name).cards])
            assert not re.search(r"iPLEDGE|REMS|FDA", said), name
