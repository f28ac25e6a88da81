"""What a result says: coded answers, interpretations, words, and quantities with their units and comparators."""

import pytest
from facts_samples import INTERPRETATION, LOINC, SNOMED, ago, case, concept, observation, quantity

from cds.facts.reading import meaning_of, score_of

MEANINGS = ("positive", "negative", "indeterminate")


def meaning(plan, retrieves, code="2106-3", **said):
    """What a pregnancy test says: one of the meanings, or None when it cannot be told."""
    patient = case(plan, labs=[observation("1", code, ago(2), **said)])
    found = {
        name: patient.retrieved(retrieves[retrieve])
        for name, retrieve in zip(MEANINGS, ("positive_tests", "negative_tests", "indeterminate_tests"), strict=True)
    }
    held = [name for name, each in found.items() if each.items]
    assert len(held) <= 1
    assert bool(held) != all(each.flawed for each in found.values()), "a result has a meaning, or is flawed"
    return held[0] if held else None


@pytest.fixture
def of_quantity(retrieves, value_sets):
    """What a quantitative test says."""
    readings, scale = retrieves["positive_tests"].readings, value_sets["hcg-test"].scale
    return lambda **said: meaning_of(said, readings, scale)


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        (LOINC, "LA6576-8", "positive"),
        (LOINC, "LA6577-6", "negative"),
        (SNOMED, "10828004", "positive"),
        (SNOMED, "250423000", "positive"),
        (SNOMED, "260385009", "negative"),
        (SNOMED, "250425007", "negative"),
        (SNOMED, "82334004", "indeterminate"),
        (SNOMED, "42425007", "indeterminate"),
        ("urn:oid:2.16.840.1.113883.6.96", "260385009", "negative"),
        (SNOMED, "371924009", None),
        ("http://example.org/local", "260385009", None),
    ],
)
def test_a_coded_answer_is_read(plan, retrieves, system, code, expected):
    """LOINC answers and SNOMED results, by system and code, never by display."""
    said = concept(system, code, display="Positive")
    assert meaning(plan, retrieves, valueCodeableConcept=said) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [("POS", "positive"), ("NEG", "negative"), ("N", "negative"), ("IND", "indeterminate"), ("A", None), ("H", None)],
)
def test_an_interpretation_is_read_where_there_is_no_value(plan, retrieves, code, expected):
    """HL7's interpretation codes say it too."""
    assert meaning(plan, retrieves, interpretation=[concept(INTERPRETATION, code)]) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Positive", "positive"),
        (" NEGATIVE ", "negative"),
        ("not detected", "negative"),
        ("Detected", "positive"),
        ("equivocal", "indeterminate"),
        ("negative for hCG", None),
        ("not positive", None),
        ("see report", None),
        ("", None),
    ],
)
def test_words_are_read_when_they_are_the_whole_answer(plan, retrieves, text, expected):
    """A text counts only as a whole: "not positive" is not positive."""
    assert meaning(plan, retrieves, valueString=text) == expected
    if text:
        assert meaning(plan, retrieves, valueCodeableConcept=concept(text=text)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "negative"),
        (4.9, "negative"),
        (4.999, "negative"),
        (5, "indeterminate"),
        (24.9, "indeterminate"),
        (25, "positive"),
        (180_000, "positive"),
    ],
)
@pytest.mark.parametrize("unit", ["m[IU]/mL", "mIU/mL", "[IU]/L", "IU/L"])
def test_a_quantity_has_cut_offs(of_quantity, value, expected, unit):
    """Below 5 mIU/mL negative, from 25 on positive, indeterminate in between; units per litre are the same numbers."""
    assert of_quantity(valueQuantity=quantity(value, unit)) == expected


@pytest.mark.parametrize(("value", "expected"), [(0, "negative"), (10, "indeterminate"), (300, "positive")])
def test_a_quantitative_test_of_a_chart_is_read(plan, retrieves, value, expected):
    """A quantitative result on file is positive, negative or indeterminate like any other."""
    assert meaning(plan, retrieves, "21198-7", valueQuantity=quantity(value, "m[IU]/mL")) == expected


@pytest.mark.parametrize(
    ("comparator", "value", "expected"),
    [
        ("<", 5, "negative"),
        ("<", 2, "negative"),
        ("<=", 4.9, "negative"),
        ("<=", 5, None),
        ("<", 25, None),
        (">", 25, "positive"),
        (">=", 25, "positive"),
        (">", 1000, "positive"),
        (">", 24, None),
        (">", 5, None),
        (">=", 5, None),
        ("ad", 3, None),
    ],
)
def test_a_bounded_quantity_counts_only_when_its_bound_settles_it(of_quantity, comparator, value, expected):
    """ "<5" is negative and ">25" positive; "<25" may be either and is neither."""
    assert of_quantity(valueQuantity=quantity(value, "m[IU]/mL", comparator)) == expected


@pytest.mark.parametrize(
    "said",
    [
        {"valueQuantity": quantity(3, "mg/dL")},
        {"valueQuantity": quantity(3)},
        {"valueQuantity": quantity(300, "ng/mL")},
        {"valueQuantity": {"value": "3", "unit": "mIU/mL"}},
        {"valueQuantity": {"value": True, "unit": "mIU/mL"}},
        {"valueQuantity": {"unit": "mIU/mL"}},
        {"valueQuantity": "3 mIU/mL"},
        {"valueQuantity": None, "dataAbsentReason": concept("http://x", "not-performed")},
        {"dataAbsentReason": concept("http://terminology.hl7.org/CodeSystem/data-absent-reason", "error")},
        {"valueBoolean": True},
        {},
    ],
)
def test_a_value_that_cannot_be_read_has_no_meaning(plan, retrieves, said):
    """A wrong or missing unit, no number or no value at all: no meaning, and told apart from none."""
    assert meaning(plan, retrieves, "21198-7", **said) is None


def test_an_answer_against_its_interpretation_has_no_meaning(plan, retrieves):
    """A negative answer that is interpreted as positive contradicts itself."""
    interpreted = [concept(INTERPRETATION, "POS")]
    said = concept(SNOMED, "260385009")
    assert meaning(plan, retrieves, valueCodeableConcept=said, interpretation=interpreted) is None


@pytest.mark.parametrize(("value", "code"), [(2, "POS"), (300, "NEG")])
def test_a_quantity_against_its_interpretation_has_no_meaning(of_quantity, value, code):
    """A value of 2 that the laboratory calls positive, or of 300 that it calls negative, contradicts itself."""
    said = {"valueQuantity": quantity(value, "m[IU]/mL"), "interpretation": [concept(INTERPRETATION, code)]}
    assert of_quantity(**said) is None


@pytest.mark.parametrize(("code", "expected"), [("POS", "positive"), ("NEG", "negative")])
def test_a_mass_unit_leaves_the_interpretation(of_quantity, code, expected):
    """The value set says of codes in mass or molar units that an interpretation can be read; it then must be read."""
    said = {"valueQuantity": quantity(40, "ng/mL"), "interpretation": [concept(INTERPRETATION, code)]}
    assert of_quantity(**said) == expected


def test_an_unreadable_test_leaves_pregnancy_open_and_is_no_negative_test(plan, facts):
    """For "is there none?" an unreadable result is unknown, for "is one on file?" it is none, and is named."""
    laboratory = [concept("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory")]
    odd = observation("1", "21198-7", ago(2), valueQuantity=quantity(300, "furlong"), category=laboratory)
    patient = case(plan, labs=[odd])
    assert patient.state(facts["positive_test"]) == "unknown"
    counted = patient.outcome(facts["enough_negative_tests"])
    assert counted.state == "no"
    assert [note.where for note in counted.notes] == ["Observation/1"]


# ------------------------------------------------------------------ scores


@pytest.mark.parametrize(
    ("said", "score"),
    [
        ({"valueCodeableConcept": concept(LOINC, "LA6568-5")}, 0),
        ({"valueCodeableConcept": concept(LOINC, "LA6569-3")}, 1),
        ({"valueCodeableConcept": concept(LOINC, "LA6570-1")}, 2),
        ({"valueCodeableConcept": concept(LOINC, "LA6571-9")}, 3),
        ({"valueInteger": 2}, 2),
        ({"valueInteger": 0}, 0),
        ({"valueQuantity": {"value": 1}}, 1),
        ({"valueQuantity": quantity(3, "{score}")}, 3),
        ({"valueString": "2"}, 2),
        ({"valueString": " 3 "}, 3),
        ({"valueString": "several days"}, None),
        ({"valueString": "-1"}, None),
        ({"valueInteger": -1}, None),
        ({"valueInteger": True}, None),
        ({"valueCodeableConcept": concept("http://example.org", "LA6571-9")}, None),
        ({"dataAbsentReason": concept("http://x", "declined")}, None),
        ({}, None),
    ],
)
def test_a_score_is_read_from_answer_integer_quantity_or_digits(retrieves, said, score):
    """Ordinal from the answer's code, else an integer, a quantity, or a text of digits."""
    found = score_of(observation("1", "44260-8", ago(2), **said), retrieves["item_9_answers"].scores)
    assert (found.value if found else None) == score


@pytest.mark.parametrize("url", ["ordinalValue", "itemWeight"])
def test_a_score_may_stand_in_an_extension(retrieves, url):
    """An answer of unknown code may bring its ordinal."""
    coded = concept("http://example.org", "several")
    coded["coding"][0]["extension"] = [
        {"url": f"http://hl7.org/fhir/StructureDefinition/{url}", "valueDecimal": 1},
    ]
    found = score_of({"valueCodeableConcept": coded}, retrieves["item_9_answers"].scores)
    assert found is not None
    assert found.value == 1


@pytest.mark.parametrize(("days", "expected"), [(14, "yes"), (15, "no")])
def test_an_item_9_calls_for_assessment_for_two_weeks(plan, facts, days, expected):
    """An item 9 above "not at all" is acute for fourteen days."""
    answer = observation("1", "44260-8", ago(days), valueCodeableConcept=concept(LOINC, "LA6569-3"))
    assert case(plan, answers=[answer]).state(facts["item_9_positive"]) == expected


def test_a_later_not_at_all_does_not_clear_an_item_9(plan, facts):
    """The highest answer of the last days counts: a 0 after a 2 clears nothing."""
    answers = [
        observation("1", "44260-8", ago(10), valueCodeableConcept=concept(LOINC, "LA6570-1")),
        observation("2", "44260-8", ago(1), valueCodeableConcept=concept(LOINC, "LA6568-5")),
    ]
    assert case(plan, answers=answers).state(facts["risk_now"]) == "yes"
