"""Each fact kind in plain English: what is looked at, within which time, and when nobody can tell."""

import re
from pathlib import Path

import pytest

from cds.authoring.book_facts import FRAMES, fact_words
from cds.authoring.book_names import Names
from cds.authoring.test_suite import written_facts
from cds.facts.kinds import KINDS
from cds.language.load import compile_plan, read_library
from cds.language.node import plain
from cds.language.report import Report

ROOT = Path(__file__).parents[2]
PACK = "isotretinoin"

EXAMPLES = (ROOT / "rules" / "guide" / "kinds.md").read_text(encoding="utf-8").split("\n## ")[1:]


def example(kind, content):
    """The facts of the guide's example of a kind, compiled with the shipped pack: fact, body and names."""
    text = next(each for each in EXAMPLES if each.startswith(f"{kind}\n"))
    path = f"rules/{PACK}/facts/example.yaml"
    files = {**content, path: re.search(r"```yaml\n(.*?)```", text, re.DOTALL)[1].encode()}
    report = Report()
    library = read_library(files, KINDS, report)
    compiled = compile_plan(library, PACK, "us-rems-2026", report)
    bodies = {name: plain(body) for name, body in written_facts(library, PACK)}
    groups = {name: group.title for name, group in compiled.plan.groups.items()}
    for fact in compiled.scope.all_facts():
        if fact.kind == kind and fact.name.startswith("example_"):
            yield (
                fact,
                bodies[fact.name],
                Names({}, {}, {each.name: each.shown for each in fact.parameters}, {}, groups),
            )


def test_every_kind_has_a_sentence_and_no_other():
    """The vocabulary of facts and that of the book are one."""
    assert set(FRAMES) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_sentence_of_a_kind_tells_every_key(kind, content):
    """Whatever stands in the guide's example is told: no key is left out, no name of the language is left in."""
    told = list(example(kind, content))
    assert told
    for fact, body, names in told:
        words_of = fact_words(fact, body, names)
        said = f"{words_of.found} {words_of.unknown}"
        assert said[0].isupper() or said[0] == "“"
        assert words_of.found.endswith(".")
        assert words_of.unknown.startswith(("Unknown", "Never unknown"))
        assert not re.search(r"[a-z]_[a-z]|[{}\[\]]|None,| ,|,;|\.\.", said), said
        for key in body.keys() & KINDS[kind].keys.keys():
            without = {name: value for name, value in body.items() if name != key}
            if key in KINDS[kind].required:
                without = {**body, key: changed(body[key])}
            other = fact_words(fact, without, names)
            assert (other.found, other.unknown) != (words_of.found, words_of.unknown), key


def changed(value):
    """Another value of the same shape, as far as a sentence can tell."""
    match value:
        case "stands":
            return "unknown"
        case "unknown":
            return "stands"
        case dict():
            return {f"other {name}": each for name, each in value.items()}
        case list():
            return [f"other {each}" for each in value]
        case _:
            return f"other {value}"


SAMPLES = {
    "exists": "Yes when there is a record of “triglycerides” dated on or after the day 21 days after “course started”;",
    "latest": "The newest value from a record of “triglycerides” of today or the last 180 days;",
    "highest": "Where more may be hidden, a value that was found counts as the least that it may be.",
    "at_least": "Yes when “example value” is 500 mg/dL or more; no when it is not, or when there is no value.",
    "below": "Yes when “example value” is less than 500 mg/dL; no when it is not, or when there is no value.",
    "band": "“raised” from 300 mg/dL on, “high” above 500 mg/dL; the last that it reaches counts.",
    "all": "Yes when all of this holds: acne on record is yes; prior antibiotic is yes.",
    "several": "at least 2 of these hold: implant in place is yes; iud in place is yes; sterilised is yes.",
    "first": "The first that holds: “not due” when follow up timing is none or absent; else “done” when",
    "age": "The age in completed years, from the date of birth in the patient record.",
    "patient_code": "It is read as “female typical” for female-typical; “male typical” for male-typical.",
    "setting": "What the profile or the site decided: strict (example choice). Never unknown.",
    "phase": "With a new order it is a continuation within 30 days of the end of the last supply, a restart within",
    "cumulative_dose": "an order and its dispense count once. What the new orders add counts too.",
    "times_limit": "or when the result came without its upper limit.",
    "distinct_days": "2 results, each a record of “negative tests” of today or the last 90 days, on days that lie at",
    "not_cancelled": "An end of the same day ends it. One without a date counts as well. Where what ends it could not",
    "current": "It counts where its course, so far or as ordered, lasts 183 days or longer.",
    "in_session": "An order with routes “topical-route” or forms “topical-form” does not count. Never unknown",
    "long_since": "there is a record of “acne conditions” that is 365 days old or older, or has no exact date.",
    "overlaps_new_order": "another prescriber or of the same product whose supply lasts more than 7 days beyond",
    "upcoming": "Yes when there is a record of “dermatology encounters” planned for today or the next 35 days.",
}


@pytest.mark.parametrize(("kind", "said"), SAMPLES.items(), ids=SAMPLES)
def test_a_kind_reads_as_plain_english(kind, said, content):
    """Samples of what a clinician reads, from the examples of the guide."""
    found = [fact_words(*each) for each in example(kind, content)]
    assert any(said in f"{each.found} {each.unknown}" for each in found), found
