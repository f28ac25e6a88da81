"""Which orders are orders of the drug (clinical specification 6.1): oral, possible, or not at all."""

import pytest
from facts_samples import ATC, NDC, RXNORM, SNOMED, concept, resource

from cds.facts.identify import identify
from cds.facts.trigger import triggered
from cds.wire.medication import read_medication
from cds.wire.orders import read_orders

ORAL, TOPICAL = concept(SNOMED, "26643006"), concept(SNOMED, "6064005")
CAPSULE, GEL = concept(SNOMED, "385049006"), concept(SNOMED, "385100002")


def known(plan, route=None, form=None, **named):
    """How an order of a medication is recognised; None when it is not."""
    order = resource("MedicationRequest", "1", dosageInstruction=[{"route": route}] if route else None)
    if form is None:
        order["medicationCodeableConcept"] = concept(**named)
    else:
        order["contained"] = [{"resourceType": "Medication", "id": "m", "code": concept(**named), "form": form}]
        order["medicationReference"] = {"reference": "#m"}
    found = identify(read_medication(order, lambda _: None), plan.drug)
    return found.by if found else None


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (RXNORM, "197843"),
        (RXNORM, "197844"),
        (RXNORM, "197845"),
        (RXNORM, "403930"),
        (RXNORM, "1547561"),
        (RXNORM, "1547565"),
        (RXNORM, "206880"),
        (RXNORM, "404059"),
        (RXNORM, "643488"),
        (RXNORM, "1300016"),
        (RXNORM, "2711694"),
        ("urn:oid:2.16.840.1.113883.6.88", "197844"),
        (ATC, "D10BA01"),
        ("urn:oid:2.16.840.1.113883.6.73", "D10BA01"),
    ],
)
def test_a_code_of_an_oral_product_is_enough(plan, system, code):
    """Step 1: any coding of an oral product fires, whatever the system is called."""
    assert known(plan, system=system, code=code) == "code"


@pytest.mark.parametrize(
    "spelling",
    [
        "0245-0571-01",  # 4-4-2
        "0245-0571-99",  # a package that nobody listed
        "0245-0571",
        "0245057101",  # ten digits of 4-4-2
        "00245057101",  # eleven digits
        "55111-113-81",  # 5-3-2
        "5511111381",
        "55111011381",
        "10631-0002-1",  # 5-4-1
        "1063100021",
        "10631000201",
        " 0245-0571-01 ",
    ],
)
def test_a_drug_code_of_the_united_states_is_read_in_every_spelling(plan, spelling):
    """NDC: hyphenated 4-4-2, 5-3-2 and 5-4-1, ten and eleven digits; labeler and product decide, not the package."""
    assert known(plan, system=NDC, code=spelling) == "code"
    assert known(plan, system="urn:oid:2.16.840.1.113883.6.69", code=spelling) == "code"


@pytest.mark.parametrize(
    "spelling", ["0245-0572-01", "0245057201", "02450571", "0245-ABCD-01", "", "-", "024505710101"]
)
def test_a_labeler_alone_is_no_drug(plan, spelling):
    """Another product of the same labeler, or digits of no known length, never fires."""
    assert known(plan, system=NDC, code=spelling) is None


@pytest.mark.parametrize(
    ("named", "marks", "outcome"),
    [
        ({"system": RXNORM, "code": "6064"}, {}, "ingredient"),
        ({"system": SNOMED, "code": "387208003"}, {}, "ingredient"),
        ({"system": RXNORM, "code": "6064"}, {"route": ORAL}, "code"),
        ({"system": SNOMED, "code": "387208003"}, {"route": ORAL}, "code"),
        ({"system": RXNORM, "code": "6064"}, {"form": CAPSULE}, "code"),
        ({"system": RXNORM, "code": "6064", "display": "Isotretinoin 20 MG Oral Capsule"}, {}, "code"),
        ({"system": RXNORM, "code": "6064"}, {"route": TOPICAL}, None),
        ({"system": SNOMED, "code": "387208003"}, {"route": TOPICAL}, None),
        ({"system": RXNORM, "code": "6064"}, {"form": GEL}, None),
        ({"system": RXNORM, "code": "6064", "text": "isotretinoin gel"}, {}, None),
        ({"system": RXNORM, "code": "6064"}, {"form": CAPSULE, "route": TOPICAL}, "contradicted"),
        ({"system": RXNORM, "code": "6064", "text": "isotretinoin capsule"}, {"route": TOPICAL}, "contradicted"),
    ],
)
def test_an_ingredient_counts_by_its_form_and_route(plan, named, marks, outcome):
    """Step 2: oral signs settle it, topical ones rule it out, neither is possible and fires, both contradict."""
    assert known(plan, **marks, **named) == outcome


@pytest.mark.parametrize(
    ("named", "marks"),
    [
        ({"system": RXNORM, "code": "197844"}, {"route": TOPICAL}),
        ({"system": RXNORM, "code": "197844", "text": "isotretinoin cream"}, {}),
        ({"system": ATC, "code": "D10BA01"}, {"route": TOPICAL}),
        ({"system": ATC, "code": "D10AD04", "text": "isotretinoin 20 mg capsule"}, {}),
        ({"system": ATC, "code": "D10AD04"}, {"route": ORAL}),
        ({"text": "isotretinoin 20 mg soft gel capsules"}, {}),
    ],
)
def test_a_contradiction_fires_and_is_told(plan, named, marks):
    """Silent only if nothing says oral: an oral sign against a topical one is possible, never silent."""
    assert known(plan, **marks, **named) == "contradicted"


@pytest.mark.parametrize(
    "named",
    [
        {"system": ATC, "code": "D10AD04"},
        {"system": ATC, "code": "D10AD04", "text": "isotretinoin 0.05% gel"},
        {"system": ATC, "code": "D10AD54", "text": "Isotretinoin, combinations"},
        {"system": SNOMED, "code": "398749002"},
        {"text": "isotretinoin 0.05 % gel"},
        {"text": "Isotretinoin 0.05%"},
        {"text": "ISOTRETINOIN topical"},
        {"text": "Isotretinoin Cream"},
        {"text": "Isotrex gel"},
        {"text": "isotrexin"},
    ],
)
def test_topical_isotretinoin_gives_no_cards(plan, named):
    """Step 3: a topical code, form or word without an oral sign is not the drug."""
    assert known(plan, **named) is None


def test_a_topical_brand_beside_an_ingredient_code_is_topical(plan):
    """Step 3 names isotrex and isotrexin among the topical words; an ingredient code beside them is not oral."""
    assert known(plan, system=RXNORM, code="6064", text="Isotrex") is None


@pytest.mark.parametrize(
    "text",
    [
        "isotretinoin",
        "Isotretinoin 20 mg",
        "ISOTRETINOIN",
        "13-cis-retinoic acid",
        "Roaccutane 20mg caps",
        "accutane",
        "Roaccutan",
        "Absorica LD 16",
        "amnesteem",
        "Claravis (generic)",
        "myorisan",
        "Zenatane 30mg",
        "sotret",
        "Epuris",
        "Clarus 40",
        "Oratane",
        "Reticutan",
        "Rizuderm",
        "Curacne",
        "Procuta",
        "isotroin",
        "tretinac",
        "Aknenormin",
        "contracne",
    ],
)
def test_a_name_in_words_fires_and_says_so(plan, text):
    """Step 4: names and brands as whole words of the medication's own text, whatever the case."""
    assert known(plan, text=text) == "text"


@pytest.mark.parametrize(
    "text",
    [
        "tretinoin",
        "Tretinoin 10 mg oral capsule",
        "tretinoin 0.05% cream",
        "alitretinoin 30 mg capsule",
        "acitretin 25 mg capsule",
        "bexarotene",
        "preisotretinoin",
        "vitamin A",
        "",
    ],
)
def test_a_look_alike_does_not_fire(plan, text):
    """Step 5: whole words only; other retinoids are other drugs."""
    assert known(plan, text=text) is None


@pytest.mark.parametrize("code", ["199159", "10753", "6065", "16818", "197846"])
def test_a_code_of_another_drug_does_not_fire(plan, code):
    """RxNorm 199159 is tretinoin; neighbours in number mean nothing."""
    assert known(plan, system=RXNORM, code=code, text="tretinoin") is None


def test_a_code_counts_in_its_system_only(plan):
    """6064 in another system is no isotretinoin."""
    assert known(plan, system="http://example.org/codes", code="6064") is None


def test_dosage_text_and_notes_are_not_read(plan):
    """Text tests read the medication's own words only: "apply the gel first" in the dosage is about something else."""
    order = resource(
        "MedicationRequest",
        "1",
        medicationCodeableConcept=concept(RXNORM, "6064", text="isotretinoin"),
        dosageInstruction=[{"text": "by mouth; use the gel as before"}],
        note=[{"text": "cream did not help; topical failed"}],
    )
    assert identify(read_medication(order, lambda _: None), plan.drug).by == "ingredient"


def test_an_ingredient_of_a_contained_medication_is_found(plan):
    """Medication.ingredient names the substance where the code does not."""
    order = resource("MedicationRequest", "1", medicationReference={"reference": "#m"})
    product = {"resourceType": "Medication", "id": "m", "code": concept(text="Retinoid capsules")}
    product["ingredient"] = [{"itemCodeableConcept": concept(RXNORM, "6064")}]
    order["contained"] = [product]
    assert identify(read_medication(order, lambda _: None), plan.drug).by == "code"


# ------------------------------------------------------------------ orders


def draft(name="1", **members):
    """A draft order of isotretinoin."""
    drug = concept(RXNORM, "197844")
    return resource(
        "MedicationRequest",
        name,
        **{"status": "draft", "intent": "order", "medicationCodeableConcept": drug, **members},
    )


def fires(plan, hook, *orders):
    """The orders that are evaluated, by reference."""
    bundle = {"resourceType": "Bundle", "entry": [{"resource": each} for each in orders]}
    found = triggered(read_orders(bundle, "p1").considered, plan, hook)
    return [each.reference for each in found.orders]


@pytest.mark.parametrize("status", ["draft", "active", "on-hold", "unknown", "", None])
def test_any_status_of_a_new_order_counts(plan, status):
    """Step 6: clients send new orders as draft, active, or without a status."""
    assert fires(plan, "order-sign", draft(status=status)) == ["MedicationRequest/1"]


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error", "stopped", "completed"])
def test_an_order_that_was_called_off_counts_nowhere(plan, status):
    """Step 6: an ended order is no new order."""
    assert fires(plan, "order-sign", draft(status=status)) == []
    assert fires(plan, "order-select", draft(status=status)) == []


def test_an_order_not_to_give_the_drug_is_no_order_of_it(plan):
    """Step 6: doNotPerform."""
    assert fires(plan, "order-sign", draft(doNotPerform=True)) == []
    assert fires(plan, "order-sign", draft(doNotPerform=False)) == ["MedicationRequest/1"]


@pytest.mark.parametrize("intent", ["proposal", "plan"])
def test_a_proposal_counts_while_it_is_selected_only(plan, intent):
    """Step 6: proposals and plans count on order-select, not on order-sign."""
    assert fires(plan, "order-select", draft(intent=intent)) == ["MedicationRequest/1"]
    assert fires(plan, "order-sign", draft(intent=intent)) == []


def test_orders_of_another_drug_are_passed_over(plan):
    """Of several orders only those of the drug are evaluated, together."""
    other = draft("2", medicationCodeableConcept=concept(RXNORM, "860975", text="metformin"))
    assert fires(plan, "order-sign", draft("1"), other, draft("3")) == ["MedicationRequest/1", "MedicationRequest/3"]


def test_an_order_that_names_nothing_is_counted(plan):
    """No code, no text, no readable reference: no card, but the caller can count it."""
    bundle = {"resourceType": "Bundle", "entry": [{"resource": draft(medicationCodeableConcept=None)}]}
    found = triggered(read_orders(bundle, "p1").considered, plan, "order-sign")
    assert (found.orders, found.unidentified) == ((), 1)
