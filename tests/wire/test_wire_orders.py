import pytest
from wire_samples import SELECT, bundle, concept, fixture, order

from cds.values.codes import Code
from cds.wire.orders import read_orders
from cds.wire.request import read_call


def names(orders):
    return [each.reference for each in orders]


@pytest.mark.parametrize(
    "given",
    [
        bundle(order()),
        bundle(order(), type="collection"),
        {"entry": [{"resource": order()}]},
        {"resourceType": "Bundle", "entry": {"resource": order()}},
        {"resource": order()},
        order(),
        [order()],
        [{"resource": order()}],
        bundle(order(), {"resourceType": "ServiceRequest", "id": "9"}),
        {"resourceType": "Bundle", "entry": [{}, None, {"resource": None}, {"resource": 5}, {"resource": order()}]},
    ],
)
def test_orders_are_found_in_every_shape_of_a_bundle(given):
    """R-16, H-6: with or without type, one entry or many, resources bare or wrapped, broken entries passed over."""
    found = read_orders(given, "p1")
    assert names(found.considered) == ["MedicationRequest/1"]
    assert found.background == ()


@pytest.mark.parametrize(
    "given", [{}, [], bundle(), {"resourceType": "Bundle", "entry": None}, "x", None, 3, [[order()]]]
)
def test_no_orders_is_no_fault(given):
    """H-6: a bundle without orders reads as none."""
    assert read_orders(given, "p1").considered == ()


def test_a_passed_over_entry_is_noted():
    """R-12: tolerated, not silent."""
    assert read_orders({"entry": [{}, {}, {"resource": order()}]}, "p1").notes == (
        "an entry of the order bundle has no resource and was passed over",
    )


@pytest.mark.parametrize(
    "subject", ["Patient/p2", "p2", "https://ehr.example.org/fhir/Patient/p2/_history/1", "Patient/p 1", "Patient/x/p1"]
)
def test_an_order_for_another_patient_never_counts(subject):
    """H-5: it is left out of orders and background, and a note says so without naming anyone."""
    found = read_orders(bundle(order(subject={"reference": subject}), order("2")), "p1")
    assert names(found.considered) == ["MedicationRequest/2"]
    assert found.notes == ("an order for another patient than context.patientId was left out",)


@pytest.mark.parametrize("subject", ["Patient/p1", "p1", "https://ehr.example.org/fhir/Patient/p1"])
def test_the_patients_own_order_counts_however_it_is_referred_to(subject):
    """H-7: absolute, relative or bare."""
    assert read_orders(bundle(order(subject={"reference": subject})), "p1").considered[0].subject == "p1"


@pytest.mark.parametrize(
    "subject", [None, {}, {"display": "somebody"}, {"reference": "urn:uuid:1"}, {"reference": "#p"}]
)
def test_an_order_that_names_no_patient_is_the_patients(subject):
    """H-5: no patient is not another patient; a note says that it was taken for the context's."""
    found = read_orders(bundle(order(subject=subject)), "p1")
    assert len(found.considered) == 1
    assert found.considered[0].subject == ""
    assert len(found.notes) == 1


def test_a_patient_in_the_bundle_is_followed():
    """H-5: a urn: reference to a Patient entry names that patient."""
    given = {
        "entry": [
            {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient", "id": "p2"}},
            {"resource": order(subject={"reference": "urn:uuid:1"})},
        ]
    }
    assert read_orders(given, "p1").considered == ()
    assert len(read_orders(given, "p2").considered) == 1


@pytest.mark.parametrize(
    "selection",
    [
        "MedicationRequest/2",
        "2",
        "https://ehr.example.org/fhir/MedicationRequest/2",
        {"reference": "MedicationRequest/2"},
    ],
)
def test_only_selected_orders_are_considered(selection):
    """H-2, H-3: by Type/id, absolute, or bare id; the other drafts are background."""
    found = read_orders(bundle(order(), order("2")), "p1", [selection])
    assert (names(found.considered), names(found.background)) == (["MedicationRequest/2"], ["MedicationRequest/1"])
    assert found.notes == ()


def test_an_order_is_selected_by_its_full_url():
    """H-3: a draft without id can only be named by its entry."""
    given = {"entry": [{"fullUrl": "urn:uuid:1", "resource": order("")}, {"resource": order("2")}]}
    assert names(read_orders(given, "p1", ["urn:uuid:1"]).considered) == ["MedicationRequest/"]


@pytest.mark.parametrize("selections", [[], ["MedicationRequest/77"], [None, 4, {}, ""]])
def test_a_selection_of_nothing_considers_every_drug_order(selections):
    """H-2: rather too much than silence, with a note."""
    found = read_orders(bundle(order(), order("2")), "p1", selections)
    assert len(found.considered) == 2
    assert len(found.notes) == 1


def test_a_selected_order_that_is_no_drug_considers_no_drug():
    """H-2: a clinician who selects an imaging order asks nothing about the drugs beside it."""
    given = bundle(order(), {"resourceType": "ServiceRequest", "id": "9"})
    found = read_orders(given, "p1", ["ServiceRequest/9"])
    assert (names(found.considered), names(found.background)) == ([], ["MedicationRequest/1"])


def test_a_selection_that_is_partly_missing_is_noted():
    """H-2: what is found is considered."""
    found = read_orders(bundle(order(), order("2")), "p1", ["MedicationRequest/1", "MedicationRequest/77"])
    assert names(found.considered) == ["MedicationRequest/1"]
    assert len(found.notes) == 1


def test_a_repeated_order_counts_once():
    """Two entries with the same resource are one order, not a double dose; two orders under one id are two."""
    assert len(read_orders(bundle(order(), order()), "p1").considered) == 1
    assert len(read_orders(bundle(order(), order(priority="stat")), "p1").considered) == 2


def test_the_members_of_an_r4_order():
    """Section 9.1: R4 names."""
    given = order(
        requester={"reference": "Practitioner/u1"}, authoredOn="2026-11-24", doNotPerform=True, status="on-hold"
    )
    (only,) = read_orders(bundle(given), "p1").considered
    assert (only.status, only.intent, only.do_not_perform) == ("on-hold", "order", True)
    assert (only.requester, only.authored_on, only.resource) == ("Practitioner/u1", "2026-11-24", given)


def test_the_members_of_a_dstu2_order():
    """Section 9.1: DSTU2 has its own type, patient, prescriber and date."""
    given = {
        "resourceType": "MedicationOrder",
        "id": "order-123",
        "patient": {"reference": "Patient/p1"},
        "prescriber": {"reference": "Practitioner/u1"},
        "dateWritten": "2026-11-24",
        "medicationCodeableConcept": concept(),
    }
    (only,) = read_orders(bundle(given), "p1").considered
    assert (only.reference, only.fhir_version, only.subject) == ("MedicationOrder/order-123", "DSTU2", "p1")
    assert (only.requester, only.authored_on) == ("Practitioner/u1", "2026-11-24")


def test_the_requester_of_an_stu3_order():
    """Section 9.1: in STU3 the person is the agent of the request."""
    given = order(requester={"agent": {"reference": "Practitioner/u1"}}, category=concept())
    (only,) = read_orders(bundle(given), "p1").considered
    assert (only.requester, only.fhir_version) == ("Practitioner/u1", "STU3")


@pytest.mark.parametrize(
    ("members", "version"),
    [
        ({}, "R4"),
        ({"category": [concept()]}, "R4"),
        ({"category": concept()}, "STU3"),
        ({"dosageInstruction": [{"doseQuantity": {"value": 1}}]}, "STU3"),
        ({"dosageInstruction": {"doseAndRate": [{}]}, "category": concept()}, "R4"),
        ({"category": concept(), "encounter": {}}, "R4"),
        ({"category": [concept()], "dosageInstruction": [{"doseQuantity": {"value": 1}}]}, "R4"),
        ({"context": {"reference": "Encounter/1"}}, "STU3"),
        ({"medication": {"concept": concept()}, "medicationCodeableConcept": None}, "R5"),
    ],
)
def test_the_fhir_version_is_judged_by_shape(members, version):
    """R-15, V-8, T-34: the request does not tell; parts of STU3 do not make an R4 order one of STU3."""
    assert read_orders(bundle(order(**members)), "p1").considered[0].fhir_version == version


@pytest.mark.parametrize("reference", ["Medication/m", "https://ehr.example.org/fhir/Medication/m", "urn:uuid:7"])
def test_a_medication_may_come_as_another_entry(reference):
    """H-1, V-6: by Type/id, absolute URL or fullUrl; the Medication itself is no order."""
    given = {
        "entry": [
            {"resource": order(medicationCodeableConcept=None, medicationReference={"reference": reference})},
            {"fullUrl": "urn:uuid:7", "resource": {"resourceType": "Medication", "id": "m", "code": concept("42")}},
        ]
    }
    (only,) = read_orders(given, "p1").considered
    assert [each.code for each in only.medication.codings] == ["42"]
    assert only.medication.unread == ""


def test_a_draft_without_a_drug_is_an_order_all_the_same():
    """H-6: the public sandbox sends one whenever its form opens."""
    (only,) = read_orders(bundle(order(medicationCodeableConcept=None, intent=None)), "p1").considered
    assert (only.medication.codings, only.medication.texts, only.medication.unread, only.intent) == ((), (), "", "")


def test_the_real_order_select_of_a_test_suite_names_another_patient():
    """H-5: in that sample every order is for somebody else, so none counts although it is selected."""
    context = read_call(fixture("inferno-crd-order-select-request"), SELECT).context
    assert (context.orders, context.background) == ((), ())
    assert any("another patient" in note for note in context.notes)


def test_codes_stay_as_they_came():
    """H-8: aliases of a code system belong to the value sets."""
    given = order(medicationCodeableConcept={"coding": [{"system": "urn:oid:1.2.3", "code": "11"}]})
    assert read_orders(bundle(given), "p1").considered[0].medication.codings == (Code("urn:oid:1.2.3", "11"),)
