import pytest
from wire_samples import SELECT, SIGN, schema

from cds.language.group import DataGroup
from cds.values.codes import Code
from cds.wire.discovery import Service, discovery
from cds.wire.schema import schema_check

PATIENT = DataGroup("patient", "the patient", "Patient", "", "context.patientId")
LABS = DataGroup(
    "labs",
    "laboratory results",
    "Observation",
    "patient",
    "context.patientId",
    (Code("http://loinc.org", "1-8"),),
    "-date",
)
ONE = Service("pack-order-sign", SIGN, "A title", "What it does.", "Laboratory results.", (PATIENT, LABS))
BARE = Service("pack-order-select", SELECT, "A title", "What it does.")
VALID = schema_check(schema("discovery"))


def test_a_service_is_listed_with_its_templates():
    """D-2, D-4 to D-8, P-1, P-2: id, hook, words, and one FHIR query for each group."""
    assert discovery([ONE]) == {
        "services": [
            {
                "id": "pack-order-sign",
                "hook": "order-sign",
                "title": "A title",
                "description": "What it does.",
                "usageRequirements": "Laboratory results.",
                "prefetch": {
                    "patient": "Patient/{{context.patientId}}",
                    "labs": "Observation?patient={{context.patientId}}&code=http://loinc.org|1-8&_sort=-date",
                },
            }
        ]
    }


def test_what_is_empty_is_left_out():
    """D-6: no null, no empty string, no empty prefetch."""
    assert set(discovery([BARE])["services"][0]) == {"id", "hook", "title", "description"}


def test_no_services_is_an_empty_list():
    """D-3: one of the few places where an empty array is right."""
    assert discovery([]) == {"services": []}
    assert VALID(discovery([])) == ()


def test_the_version_is_told_only_when_asked_for():
    """D-11, D-12, D-15: strict readers of 2.0 do not know it."""
    assert discovery([BARE], "2.0.1")["services"][0]["version"] == "2.0.1"
    assert "version" not in discovery([BARE])["services"][0]


def test_the_document_fits_its_schema():
    """D-2 to D-12: what is sent is what hooks/ describes."""
    assert VALID(discovery([ONE, BARE])) == ()
    assert VALID(discovery([ONE, BARE], "2.0.1")) == ()
    assert VALID({"services": [{"id": "a", "hook": "", "title": "t", "prefetch": {}}]}) != ()


def test_two_services_with_one_id_answer_different_hooks():
    """D-9, D-10: an id may come twice, but not with the same hook."""
    assert len(discovery([ONE, Service(ONE.id, SELECT, "A title", "What it does.")])["services"]) == 2
    with pytest.raises(ValueError, match="share"):
        discovery([ONE, ONE])


@pytest.mark.parametrize(("name", "description"), [("", "x"), ("a/b", "x"), ("a b", "x"), ("a", ""), ("a", " ")])
def test_a_service_without_id_or_description_is_not_made(name, description):
    """D-4, D-8: the id is a path segment, and the description says something."""
    with pytest.raises(ValueError, match="service"):
        Service(name, SIGN, "A title", description)
