"""The authoring guide: complete, and its examples compile."""

import re
from pathlib import Path

import pytest

from cds.facts.kinds import KINDS
from cds.language.load import compile_plan, read_library
from cds.language.report import Report

GUIDE = Path(__file__).parents[2] / "rules" / "guide"
SECTIONS = {part.split("\n", 1)[0].strip(): part for part in (GUIDE / "kinds.md").read_text().split("\n## ")[1:]}


def test_every_kind_has_a_section_and_no_other():
    """Each fact kind is described, and nothing that is no kind is."""
    assert set(SECTIONS) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_section_names_all_keys_of_its_kind(kind):
    """Each key that the compiler accepts stands in the section."""
    assert all(f"`{key}`" in SECTIONS[kind] for key in KINDS[kind].keys)


@pytest.mark.parametrize("kind", sorted(SECTIONS))
def test_the_example_of_a_kind_uses_it_and_compiles(kind, content):
    """Each example, added to the shipped facts, compiles without a message and uses the kind with all its keys."""
    example = re.search(r"```yaml\n(.*?)```", SECTIONS[kind], re.DOTALL)[1]
    report = Report()
    library = read_library({**content, "rules/isotretinoin/facts/example.yaml": example.encode()}, KINDS, report)
    compile_plan(library, "isotretinoin", "us-rems-2026", report)
    assert [each for each in report.found if "example" in each.at.file] == []
    assert all(re.search(rf"\b{key}:", example) for key in (kind, *KINDS[kind].keys))


def test_links_between_pages_lead_somewhere():
    """Every relative link of the guide names a file that is there."""
    pages = [*GUIDE.rglob("*.md"), GUIDE.parent / "README.md"]
    links = [(page, link) for page in pages for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text())]
    assert [f"{page.name}: {link}" for page, link in links if not (page.parent / link).exists()] == []


def test_the_two_value_sets_of_the_guide_are_the_same(content):
    """The example in YAML and the one in FHIR's form are sound, and hold and exclude the same codes."""
    page = (GUIDE / "valuesets.md").read_text()
    found = []
    for language in ("yaml", "json"):
        example = re.search(rf"```{language}\n(.*?)```", page, re.DOTALL)[1]
        report = Report()
        library = read_library({**content, f"rules/valuesets/past-acne.{language}": example.encode()}, KINDS, report)
        assert report.found == ()
        found.append(library.shared.value_sets["past-acne"])
    one, other = found
    assert [each.short for each in one.codes] == [each.short for each in other.codes]
    assert (one.codes.excluded.keys(), one.reviewed) == (other.codes.excluded.keys(), other.reviewed)
