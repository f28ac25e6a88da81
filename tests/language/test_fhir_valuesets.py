"""Value sets in FHIR's form: what is read of them, and that they mean what the same in YAML means."""

import json
import random
from datetime import date

import pytest
from broken_content import TODAY, sample
from fhir_value_sets import as_compose, as_expansion, in_fhir

from cds.authoring.check import examine
from cds.authoring.diagnostics_text import render_text
from cds.facts.kinds import KINDS
from cds.language.load import content_hash, read_library
from cds.language.report import Report

FORMS = pytest.mark.parametrize("form", [as_compose, as_expansion])
PATH = "rules/valuesets/dermatology-specialty.json"
NUCC = "http://nucc.org/provider-taxonomy"


def value_sets(files):
    report = Report()
    found = read_library(files, KINDS, report).shared.value_sets
    assert report.found == ()
    return found


def with_value_set(body):
    files = {path: content for path, content in sample().items() if not path.endswith("dermatology-specialty.yaml")}
    return {**files, PATH: body if isinstance(body, bytes) else json.dumps(body, indent=1).encode()}


def value_set(**more):
    day = {"url": "http://hl7.org/fhir/StructureDefinition/resource-lastReviewDate", "valueDate": "2026-11-24"}
    return {"resourceType": "ValueSet", "url": "https://example.org/v", "name": "V", "extension": [day], **more}


def read(**more):
    return value_sets(with_value_set(value_set(**more)))["dermatology-specialty"]


def entry(code, **more):
    return {"system": NUCC, "code": code, "display": f"Code {code}", **more}


def shorts(found):
    return list(dict.fromkeys(line.short for line in found.codes))


@FORMS
def test_the_same_value_set_has_the_same_codes_in_either_form(content, form):
    """Every shipped value set that FHIR can carry: codes, displays, order, source and review day."""
    changed = in_fhir(content, form)
    as_json = {path for path in changed if path.startswith("rules/valuesets/") and path.endswith(".json")}
    own, fhir = value_sets(content), value_sets(changed)
    assert len(as_json) > 40
    assert list(own) == sorted(fhir)
    for name, one in own.items():
        other = fhir[name]
        assert [(each.code, each.display, each.short) for each in one.codes] == [
            (each.code, each.display, each.short) for each in other.codes
        ]
        assert (one.codes.title, one.reviewed) == (other.codes.title, other.reviewed)
        assert other.source.startswith(one.source)


def test_what_compose_excludes_is_an_explicit_exclusion(content):
    """Excluded codes are known as such, so that a wider code of another line does not bring them in."""
    own, fhir = value_sets(content), value_sets(in_fhir(content, as_compose))
    excluded = {name: set(each.codes.excluded) for name, each in own.items() if each.codes.excluded}
    assert excluded
    assert {name: set(each.codes.excluded) for name, each in fhir.items() if each.codes.excluded} == excluded


def test_the_content_hash_covers_value_sets_in_fhirs_form():
    """Two contents that differ in one code of a JSON file have two hashes."""
    one, other = (with_value_set(value_set(compose={"include": [{"system": NUCC, "concept": [{"code": code}]}]}))
                  for code in ("207N00000X", "207ND0101X"))  # fmt: skip
    assert content_hash(one) != content_hash(other)


def test_the_source_names_publisher_url_and_copyright():
    """As much of it as there is."""
    expansion = {"contains": [entry("1")]}
    assert read(expansion=expansion).source == "https://example.org/v"
    assert read(expansion=expansion, publisher="P", copyright="C").source == "P; https://example.org/v; C"


def test_the_day_of_the_review_is_an_extension_or_the_element_of_a_later_release():
    """The last review goes before the approval, and both before nothing."""
    expansion = {"contains": [entry("1")]}
    assert read(expansion=expansion).reviewed == date(2026, 11, 24)
    assert read(expansion=expansion, lastReviewDate="2026-10-01").reviewed == date(2026, 10, 1)
    approved = {"url": "http://hl7.org/fhir/StructureDefinition/resource-approvalDate", "valueDate": "2026-09-01"}
    assert read(expansion=expansion, extension=[approved]).reviewed == date(2026, 9, 1)


def test_an_expansion_goes_before_compose():
    """What a terminology server found counts, whatever the codes were put together from."""
    found = read(
        compose={"include": [{"system": NUCC, "concept": [{"code": "1", "display": "One"}]}]},
        expansion={"contains": [entry("2")]},
    )
    assert shorts(found) == ["NUCC 2"]


def test_an_expansion_is_read_to_its_last_level():
    """Headings are no codes; inactive codes are, since old records hold them; a code in two places counts once."""
    tree = [
        {"display": "Heading", "contains": [entry("1", contains=[entry("2", contains=[entry("3")])])]},
        entry("4", abstract=True, contains=[entry("3"), entry("5", inactive=True)]),
    ]
    assert shorts(read(expansion={"total": 7, "contains": tree})) == ["NUCC 1", "NUCC 2", "NUCC 3", "NUCC 5"]


def test_elements_that_are_not_read_do_no_harm():
    """FHIR has many more elements than count here."""
    found = read(
        id="2.16.840",
        status="active",
        contact=[{"telecom": []}],
        compose={
            "inactive": False,
            "include": [
                {
                    "system": NUCC,
                    "version": "24",
                    "concept": [{"code": "1", "display": "One", "designation": [{"value": "Uno"}]}],
                }
            ],
        },
    )
    assert shorts(found) == ["NUCC 1"]


def test_codes_that_share_a_url_are_told_apart_by_how_they_begin():
    """Answers and tests of LOINC have one URL, and check digits are asked of the tests alone."""
    loinc = [{"system": "http://loinc.org", "code": code, "display": code} for code in ("LA33-6", "2571-8")]
    other = {"system": "urn:oid:2.16.840.1.113883.6.101", "code": "6", "display": "Six"}
    found = read(expansion={"contains": [*loinc, other]})
    assert shorts(found) == ["LOINC-answer LA33-6", "LOINC 2571-8", "NUCC 6"]


def damaged(words, dice):
    """JSON with characters exchanged, taken out or put in, or with a line doubled or gone."""
    lines = words.splitlines(keepends=True)
    at = dice.randrange(len(lines))
    match dice.randrange(4):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[dice.randrange(len(lines))])
        case 2:
            line = lines[at]
            place = dice.randrange(len(line))
            mark = dice.choice(
                ['"', "{", "}", "[", "]", ",", ":", "\\", "\\ud800", "null", "true", "1e999", "\x00", "é"]
            )
            lines[at] = line[:place] + mark + line[place + dice.randrange(3) :]
        case _:
            lines = lines[: at + 1]
    return "".join(lines)


def retyped(value, dice):
    """A copy with one value somewhere in it replaced by one of another type."""
    if isinstance(value, dict) and value and dice.random() < 0.85:
        key = dice.choice(list(value))
        return {**value, key: retyped(value[key], dice)}
    if isinstance(value, list) and value and dice.random() < 0.85:
        place = dice.randrange(len(value))
        return [*value[:place], retyped(value[place], dice), *value[place + 1 :]]
    return dice.choice([None, True, "", " ", 0, -1.5, 1e300, [], {}, [[]], "x y", {"code": "1"}, ["x"]])


SOUND = value_set(
    compose={
        "include": [{"system": NUCC, "concept": [{"code": "1", "display": "One"}, {"code": "2", "display": "Two"}]}],
        "exclude": [{"system": NUCC, "concept": [{"code": "3"}]}],
    }
)
EXPANDED = value_set(
    expansion={"total": 2, "offset": 0, "contains": [entry("1", abstract=False, contains=[entry("2")])]}
)


@pytest.mark.parametrize("body", [SOUND, EXPANDED], ids=["compose", "expansion"])
def test_what_is_damaged_was_sound_before(body):
    """So that a damage is not hidden behind another mistake."""
    assert examine(with_value_set(body), TODAY).diagnostics == ()


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("body", [SOUND, EXPANDED], ids=["compose", "expansion"])
def test_no_damage_is_a_traceback(body, seed):
    """Damaged letters and values of other types give a list of diagnostics, each at a place that is in its file."""
    dice = random.Random(seed)  # noqa: S311 - nothing secret is drawn
    for _ in range(12):
        text = damaged(json.dumps(body, indent=1), dice) if dice.random() < 0.5 else json.dumps(retyped(body, dice))
        found = examine(with_value_set(text.encode("utf-8", "surrogatepass")), TODAY).diagnostics
        assert render_text(found) or not found
        for each in found:
            lines = text.splitlines() if each.at.file == PATH else sample()[each.at.file].decode().splitlines()
            assert 1 <= each.at.line <= max(len(lines), 1), each
