"""No sentence for clinicians stands in the program: with the content in a pseudo-locale, no card shows one."""

import json
import re
from functools import cache

import pytest
import yaml
from answer.answer_samples import ALL, vignette
from content_pseudo import LETTERS, pseudo_content
from content_samples import sent_by, told, tried

from cds.authoring.test_suite import load_suite
from cds.content import find_content, read_content
from cds.language.report import Report

LATIN = re.compile(r"[A-Za-z]{4,}")


def latin(text):
    """Words of four and more Latin letters."""
    return {each.lower() for each in LATIN.findall(text)}


@cache
def _content():
    loaded = {
        name: yaml.load(body, Loader=yaml.CBaseLoader)  # noqa: S506 - it builds nothing but strings, lists and mappings
        for name, body in read_content(find_content()).items()
        if name.startswith("rules/valuesets/") or name == "rules/units.yaml"
    }
    units = latin(json.dumps(loaded.pop("rules/units.yaml")))
    displays = {}
    for each in loaded.values():
        for line in each.get("codes", ()):
            displays.setdefault(line["code"].split()[-1], set()).update(latin(line.get("display", "")))
    return units, displays


def _values(node):
    """Every string of a JSON value; names of members are none."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, (list, dict)):
        for each in node.values() if isinstance(node, dict) else node:
            yield from _values(each)


def data_words(data):
    """What is no sentence: words of the call and the chart, displays of the codes in them, spellings of units."""
    units, displays = _content()
    held = set(_values(data))
    return {word for text in held for word in latin(text) | displays.get(text, set())} | units


def left_on(cards, data):
    """Latin words on cards that are neither pseudo text nor data."""
    return {word for card in cards for text in told(card) for word in latin(text)} - data_words(data)


@pytest.mark.parametrize("name", ALL)
def test_no_card_of_a_labelled_patient_holds_a_sentence_of_the_program(pseudo_services, name):
    """With all data, and with none, whatever a card says to a reader comes from the content."""
    service = pseudo_services[name[-2:]]
    request, chart = vignette(name)
    for found in (service.by_prefetch(request, chart), service.answer(request)):
        assert left_on(found.cards, [request, chart]) == set()


@pytest.mark.parametrize("name", ["V12.us", "V32.uk"])
def test_cards_are_in_the_pseudo_locale(services, pseudo_services, name):
    """The texts were translated, each letter for another, and nothing else has changed."""
    plain, pseudo = (each[name[-2:]].by_prefetch(*vignette(name)) for each in (services, pseudo_services))
    back = str.maketrans({after: before for before, after in LETTERS.items()})
    assert plain.cards
    for one, other in zip(plain.cards, pseudo.cards, strict=True):
        assert [text.translate(back) for text in told(other)] == list(told(one))
        assert set(other.summary) & set(LETTERS.values())


def test_no_patient_of_a_rule_test_gets_a_sentence_of_the_program():
    """The same for every patient of the tests beside the rules, who bring each case of each rule about."""
    content = {name: body for name, body in read_content(find_content()).items() if "/acitretin/" not in name}
    suite = load_suite(pseudo_content(content), "us-rems-2026", Report())
    left = set()
    for trial in (trial for pack in suite for rule in pack.rules for trial in rule.trials if trial.expect.says):
        left |= left_on(tried(trial), json.loads(sent_by(trial)))
    assert left == set()
