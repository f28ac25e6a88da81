"""Value sets: lookup by exact code, by ancestor, and what is excluded."""

from cds.values.codes import Code, CodeLine, code_set, union

ICD = "http://hl7.org/fhir/sid/icd-10-cm"


def line(code, descendants=False, system=ICD):
    return CodeLine(Code(system, code), code, f"ICD-10-CM {code}", descendants)


def test_a_code_is_found_in_its_own_system_only():
    """The same code of another system is another code."""
    found = code_set("a", "A", [line("O09")])
    assert found.find(Code(ICD, "O09")) is not None
    assert found.find(Code("http://snomed.info/sct", "O09")) is None


def test_a_line_covers_its_descendants_only_when_it_says_so():
    """Codes that begin with it are found with descendants, and not without."""
    assert code_set("a", "A", [line("O09", True)]).find(Code(ICD, "O09.511")).short == "ICD-10-CM O09"
    assert code_set("a", "A", [line("O09")]).find(Code(ICD, "O09.511")) is None


def test_an_exact_line_goes_before_an_ancestor():
    """The nearest line gives display and properties."""
    found = code_set("a", "A", [line("O09", True), line("O09.5", True), line("O09.511")])
    assert found.find(Code(ICD, "O09.511")).short == "ICD-10-CM O09.511"
    assert found.find(Code(ICD, "O09.52")).short == "ICD-10-CM O09.5"


def test_an_exclusion_cuts_off_what_lies_below_it():
    """An excluded descendant is not found, nor is one below it; its siblings are."""
    found = code_set("a", "A", [line("O09", True)], {Code(ICD, "O09.5"): "another thing"})
    assert found.find(Code(ICD, "O09.5")) is None
    assert found.find(Code(ICD, "O09.511")) is None
    assert found.find(Code(ICD, "O09.3")) is not None


def test_a_line_below_an_exclusion_still_counts():
    """What is listed by name is in, whatever stands above it."""
    found = code_set("a", "A", [line("O09", True), line("O09.511")], {Code(ICD, "O09.5"): "another thing"})
    assert found.find(Code(ICD, "O09.511")) is not None


def test_a_single_letter_never_covers_a_chapter():
    """Descendants are looked for down to two characters, no further."""
    assert code_set("a", "A", [line("O", True)]).find(Code(ICD, "O09")) is None


def test_a_union_holds_what_any_part_holds():
    """What one set excludes by name another may hold."""
    one = code_set("a", "A", [line("O09", True)], {Code(ICD, "O09.5"): "no"})
    two = code_set("b", "B", [line("O09.5")])
    both = union([one, two])
    assert (both.name, both.find(Code(ICD, "O09.5")).short) == ("a + b", "ICD-10-CM O09.5")
    assert both.find(Code(ICD, "O09.3")) is not None


def test_a_code_that_only_one_set_excludes_stays_excluded():
    """Unless another holds it by name."""
    one = code_set("a", "A", [line("O09", True)], {Code(ICD, "O09.5"): "no"})
    assert union([one, code_set("b", "B", [line("Z33")])]).find(Code(ICD, "O09.5")) is None


def test_a_union_of_one_is_that_one():
    """Nothing is built anew."""
    one = code_set("a", "A", [line("O09")])
    assert union([one]) is one


def test_lines_are_iterated_in_order():
    """A set gives its lines as they were written."""
    assert [each.code.code for each in code_set("a", "A", [line("B"), line("A")])] == ["B", "A"]
