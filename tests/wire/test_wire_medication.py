import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_samples import DRUGS, concept, order

from cds.values.codes import Code
from cds.wire.call import Medication
from cds.wire.medication import UNNAMED, codings, read_medication, words


def nothing(reference):
    return None


def product(**members):
    return {"resourceType": "Medication", "id": "m", **members}


def referring(resource, kind="MedicationRequest", **members):
    """An order with the product contained in it."""
    return {
        "resourceType": kind,
        "contained": [resource],
        "medicationReference": {"reference": "#m", **members},
    }


@pytest.mark.parametrize(
    ("coding", "expected"),
    [
        ({"system": DRUGS, "code": "11"}, (Code(DRUGS, "11"),)),
        ({"system": DRUGS, "code": 11}, (Code(DRUGS, "11"),)),
        ({"code": "11"}, ()),
        ({"system": "", "code": "11"}, ()),
        ({"system": DRUGS}, ()),
        ({"system": DRUGS, "code": ""}, ()),
        ({"system": DRUGS, "code": True}, ()),
        ({"system": DRUGS, "code": 1.5}, ()),
        ({"system": DRUGS, "code": ["11"]}, ()),
        ({"system": DRUGS, "code": -1}, ()),
        ({"system": DRUGS, "code": 10**4999}, ()),
        ({"system": None, "code": "11"}, ()),
    ],
)
def test_a_coding_needs_a_system_and_a_code(coding, expected):
    """H-1: a code without its system means nothing; a number is read as its digits."""
    assert codings({"coding": [coding]}) == expected
    assert codings({"coding": coding}) == expected


def test_concepts_are_read_in_every_wrapping():
    """V-8: a list where one is expected, one where a list is, an R5 CodeableReference, a bare Coding."""
    one = (Code(DRUGS, "11"),)
    for each in (
        concept(),
        [concept()],
        [concept(), concept()],
        {"concept": concept()},
        {"system": DRUGS, "code": "11"},
    ):
        assert codings(each) == one
    for each in (None, 1, "x", [], {}, [[concept()]], {"coding": None}, {"coding": [None, 1]}, {"concept": 1}):
        assert codings(each) == ()


def test_words_are_text_then_displays_each_once():
    """H-1: what a person would read, never the dosage."""
    given = {
        "text": " A drug ",
        "coding": [{"display": "a drug 1 mg"}, {"display": "A drug"}, {"display": 7}, {"display": " "}],
    }
    assert words(given) == ("A drug", "a drug 1 mg")


@pytest.mark.parametrize("kind", ["MedicationRequest", "MedicationOrder", "MedicationStatement", "MedicationDispense"])
def test_a_concept_names_the_drug(kind):
    """H-1: codings and words of medicationCodeableConcept, for every type that names a drug."""
    found = read_medication({"resourceType": kind, "medicationCodeableConcept": concept(text="A drug")}, nothing)
    assert found == Medication(codings=(Code(DRUGS, "11"),), texts=("A drug",))


def test_an_r5_order_names_the_drug_by_concept_and_reference():
    """R-15: in R5 one element holds either or both."""
    given = {
        "medication": {"concept": concept(), "reference": {"reference": "#m", "display": "shown"}},
        "contained": [product(code=concept("12"))],
    }
    found = read_medication(given, nothing)
    assert [each.code for each in found.codings] == ["11", "12"]
    assert (found.texts, found.unread) == (("shown",), "")


def test_a_contained_medication_is_read():
    """H-1, V-6: the drug, its form and what is in it."""
    inside = product(
        code=concept(text="A drug"),
        form=concept("capsule", "Capsule"),
        ingredient=[
            {
                "itemCodeableConcept": concept("base", "A base"),
                "strength": {"numerator": {"value": 20, "unit": "mg"}, "denominator": {"value": 1, "unit": "capsule"}},
            }
        ],
    )
    found = read_medication(referring(inside, display="Shown"), nothing)
    assert found == Medication(
        codings=(Code(DRUGS, "11"),),
        texts=("A drug", "Shown", "A base"),
        ingredients=(Code(DRUGS, "base"),),
        forms=(Code(DRUGS, "capsule"),),
        form_texts=("Capsule",),
        strengths=("20 mg",),
    )


@pytest.mark.parametrize(
    "inside",
    [
        product(ingredient={"itemCodeableConcept": concept("base")}),
        product(ingredient=[{"item": {"concept": concept("base")}}]),
        product(
            product={"ingredient": [{"item": {"reference": "#s"}}]}, contained=[{"id": "s", "code": concept("base")}]
        ),
        product(ingredient=[{"itemReference": {"reference": "#s"}}], contained={"id": "s", "code": concept("base")}),
        product(
            ingredient=[{"item": {"reference": {"reference": "#s"}}}],
            contained=[{"id": "s", "code": {"concept": concept("base")}}],
        ),
    ],
)
def test_ingredients_are_read_in_every_version(inside):
    """H-1: R4 concept, R5 CodeableReference, DSTU2 product, and substances that came along."""
    assert read_medication(referring(inside), nothing).ingredients == (Code(DRUGS, "base"),)


def test_a_contained_substance_lies_beside_its_medication():
    """H-1: FHIR nests no contained resources; a Medication from elsewhere sees only what it contains itself."""
    beside = {"resourceType": "Substance", "id": "s", "code": concept("base")}
    inside = product(ingredient=[{"itemReference": {"reference": "#s"}}])
    given = {"medicationReference": {"reference": "#m"}, "contained": [inside, beside]}
    assert read_medication(given, nothing).ingredients == (Code(DRUGS, "base"),)
    elsewhere = {"medicationReference": {"reference": "Medication/m"}, "contained": [beside]}
    assert read_medication(elsewhere, lambda reference: inside).ingredients == ()


def test_the_form_is_read_in_every_version():
    """Section 9.1: `form`, `doseForm` (R5) and `product.form` (DSTU2)."""
    for inside in (product(form=concept("f")), product(doseForm=concept("f")), product(product={"form": concept("f")})):
        assert read_medication(referring(inside), nothing).forms == (Code(DRUGS, "f"),)


@pytest.mark.parametrize(
    ("strength", "expected"),
    [
        ({"strength": {"numerator": {"value": 20, "code": "mg"}}}, ("20 mg",)),
        ({"strength": {"numerator": {"value": 20.0, "unit": "MG"}, "denominator": {"value": 1.0}}}, ("20 mg",)),
        ({"amount": {"numerator": {"value": 0.5, "unit": "mg"}}}, ("0.5 mg",)),
        ({"strengthRatio": {"numerator": {"value": 20, "unit": "milligram", "code": "mg"}}}, ("20 mg",)),
        ({"strengthQuantity": {"value": 20, "unit": "mg"}}, ("20 mg",)),
        (
            {"strength": {"numerator": {"value": 20, "unit": "mg"}, "denominator": {"value": 1, "code": "mL"}}},
            ("20 mg/ml",),
        ),
        (
            {"strength": {"numerator": {"value": 9, "unit": "mg"}, "denominator": {"value": 5, "code": "mL"}}},
            ("9 mg/5 ml",),
        ),
        (
            {"strength": {"numerator": {"value": 20, "unit": "mg"}, "denominator": {"value": 2, "unit": "x"}}},
            ("20 mg/2 x",),
        ),
        ({"strength": {"numerator": {"value": 20, "unit": "capsule"}}}, ()),
        ({"strength": {"numerator": {"value": "20", "unit": "mg"}}}, ()),
        ({"strength": {"numerator": {"value": True, "unit": "mg"}}}, ()),
        ({"strength": {"numerator": {"value": -20, "unit": "mg"}}}, ()),
        ({"strength": {"numerator": {"value": float("nan"), "unit": "mg"}}}, ()),
        ({"strength": {"numerator": {"value": 10**400, "unit": "mg"}}}, ()),
        ({"strength": {"numerator": {"value": 20}}}, ()),
        ({"strength": 20}, ()),
    ],
)
def test_a_strength_is_a_mass_for_each_unit_of_the_product(strength, expected):
    """A concentration is never passed off as the strength of a capsule."""
    assert read_medication(referring(product(ingredient=[strength])), nothing).strengths == expected


@pytest.mark.parametrize("key", ["dosageInstruction", "dosage"])
@pytest.mark.parametrize("wrap", [lambda each: [each], lambda each: each])
def test_the_route_is_read_from_the_dosage(key, wrap):
    """V-8: one dosage or several; orders and statements name it differently."""
    found = read_medication({key: wrap({"route": concept("o", "oral"), "text": "once a day"})}, nothing)
    assert found == Medication(routes=(Code(DRUGS, "o"),), route_texts=("oral",))


@pytest.mark.parametrize(
    ("pointer", "unread", "texts"),
    [
        ({"reference": "Medication/12", "display": "A drug"}, "Medication/12", ("A drug",)),
        ({"reference": "Medication/12/_history/2"}, "Medication/12", ()),
        ({"reference": "https://a.example.org/Medication/12"}, "https://a.example.org/Medication/12", ()),
        ({"reference": "urn:uuid:7"}, "urn:uuid:7", ()),
        ({"reference": "#gone"}, "#gone", ()),
        ({"display": "A drug"}, "", ("A drug",)),
        ({"identifier": {"value": "7"}}, UNNAMED, ()),
        ("Medication/12", "Medication/12", ()),
        ([{"reference": "Medication/12"}], "Medication/12", ()),
        ({}, "", ()),
        (None, "", ()),
    ],
)
def test_a_medication_that_did_not_come_along_is_named(pointer, unread, texts):
    """H-1: a drug that must be read elsewhere is never taken for no drug."""
    found = read_medication({"medicationReference": pointer}, nothing)
    assert (found.unread, found.texts, found.codings) == (unread, texts, ())


def test_a_reference_is_followed_only_to_a_medication():
    """H-1: a resource of another type under that reference is not the drug."""
    given = {"medicationReference": {"reference": "Medication/12"}}
    there = {"resourceType": "Substance", "code": concept()}
    assert read_medication(given, lambda reference: there).unread == "Medication/12"


def test_a_medication_resource_can_be_read_by_itself():
    """H-1: what was fetched later is read by the same code."""
    found = read_medication(product(code=concept(), form=concept("f")), nothing)
    assert (found.codings, found.forms, found.unread) == ((Code(DRUGS, "11"),), (Code(DRUGS, "f"),), "")


KEYS = [
    "resourceType", "id", "contained", "medication", "medicationCodeableConcept", "medicationReference", "reference",
    "display", "concept", "coding", "text", "system", "code", "form", "doseForm", "product", "ingredient", "item",
    "itemCodeableConcept", "itemReference", "strength", "strengthQuantity", "numerator", "denominator", "value", "unit",
    "dosageInstruction", "dosage", "route",
]  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["Medication", "#m", "m", "Medication/m", "mg", 10**400])
)
RESOURCES = st.dictionaries(
    st.sampled_from(KEYS),
    st.recursive(
        LEAVES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
        max_leaves=25,
    ),
    max_size=6,
)


@settings(max_examples=500, deadline=None)
@given(RESOURCES, st.none() | RESOURCES)
def test_nothing_raises_whatever_the_resource(resource, neighbour):
    """R-12: a broken resource costs its own drug at most, never the answer."""
    found = read_medication(resource, lambda reference: neighbour)
    assert all(isinstance(code, Code) for code in found.codings)
    assert all(isinstance(text, str) and text.strip() for text in found.texts)
    for value in resource.values():
        codings(value)
        words(value)


def test_a_plain_order_is_read_without_neighbours():
    """H-1: the common case."""
    assert [each.code for each in read_medication(order(), nothing).codings] == ["11"]
