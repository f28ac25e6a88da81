import pytest

from cds.wire.reference import id_of, instance, is_id, literal


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("Patient/17", "Patient/17"),
        ("https://ehr.example.org/a/fhir/Patient/17", "Patient/17"),
        ("http://ehr.example.org/Patient/17/_history/3", "Patient/17"),
        ("Patient/17/_history/3", "Patient/17"),
        ("a/b/Patient/17", ""),
        ("Patient/", ""),
        ("Patient/..", ""),
        ("Patient/1?x=2", ""),
        ("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", ""),
        ("#med", ""),
        ("17", ""),
        ("", ""),
    ],
)
def test_absolute_and_relative_references_read_alike(reference, expected):
    """H-7: a reference is reduced to Type/id whatever stands before it, and to nothing when it names none."""
    assert instance(reference) == expected


def test_an_id_of_dots_is_no_id():
    """An id that would leave its path in a URL is refused though its characters are FHIR's."""
    assert not any(is_id(text) for text in ("", ".", "..", "a/b", "a b", "a\n", "x" * 129, "é"))
    assert all(is_id(text) for text in ("a", "a.b", "A-1_2", "x" * 128))


def test_an_id_is_taken_only_from_its_own_type():
    """A reference to another type carries no id of the wanted type; a bare id needs no type."""
    assert [id_of(each, "Patient") for each in ("p1", "Patient/p1", "Group/p1", "Patient/p 1")] == ["p1", "p1", "", ""]


def test_a_reference_may_be_an_object_or_a_string():
    """Loose clients write a reference as a string; anything else holds none."""
    given = ({"reference": " Patient/1 "}, "Patient/1", {"reference": 1}, {}, None, 1, [])
    assert [literal(each) for each in given] == ["Patient/1", "Patient/1", "", "", "", "", ""]
