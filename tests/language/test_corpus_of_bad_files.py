"""Every kind of file with every kind of badness: findings at places that are in the file, never a traceback."""

import json
import os
import re
import resource
from datetime import date

import pytest
from broken_content import sample
from test_yaml_mistakes import PARSER

from cds.authoring.check import examine
from cds.authoring.diagnostics_text import render_text
from cds.authoring.fmt_format import format_file
from cds.authoring.site_check import examine_site
from cds.content import find_content, read_content
from cds.language.json import read_json
from cds.language.node import plain
from cds.language.report import Report
from cds.language.yaml import read_yaml
from cds.values.diagnostic import Severity
from tests.bounded import bounded

TODAY = date(2026, 11, 24)
SHIPPED = read_content(find_content())
SITE = (find_content().path / "site.example.yaml").read_bytes()
FHIR = b"""{"resourceType": "ValueSet", "url": "https://example.org/v", "title": "V",
"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/resource-lastReviewDate", "valueDate": "2026-11-24"}],
"compose": {"include": [{"system": "http://snomed.info/sct", "concept": [
  {"code": "11381005", "display": "Acne vulgaris"}]}]}}
"""
TESTS = b"""tests_for: baseline-alt
today: 2026-11-24
tests:
  - {name: one, data: [alt: {value: 30 U/L}], order: {code: RxNorm 6064}, expect: silent}
tables:
  - name: two
    vary: alt.date
    order: {code: RxNorm 6064}
    base: [alt: {value: 30 U/L}]
    rows: [{is: 3 days ago, expect: silent}]
"""
KINDS = {
    "rule": "rules/isotretinoin/baseline-alt.yaml",
    "tests": "rules/isotretinoin/baseline-alt.test.yaml",
    "pack tests": "rules/isotretinoin/pack.test.yaml",
    "pack": "rules/isotretinoin/pack.yaml",
    "data": "rules/isotretinoin/data.yaml",
    "facts": "rules/isotretinoin/facts/course.yaml",
    "profile": "rules/isotretinoin/profiles/us-rems-2026.yaml",
    "value set": "rules/valuesets/alt.yaml",
    "FHIR value set": "rules/valuesets/acne-vulgaris.json",
    "units": "rules/units.yaml",
    "systems": "rules/systems.yaml",
    "words": "rules/words.yaml",
    "defaults": "rules/defaults.yaml",
    "hook": "hooks/order-sign.yaml",
    "schema": "rules/schema/rule.schema.json",
    "hook schema": "hooks/schemas/response.schema.json",
    "site": "site.yaml",
}
OWN = {
    "tests": TESTS,
    "pack tests": SHIPPED["rules/isotretinoin/pack.test.yaml"],
    "FHIR value set": FHIR,
    "defaults": b"profile: us-rems-2026\n",
    "site": SITE,
}
BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n + 1}: &a{n + 1} [*a{n}, *a{n}]\n" for n in range(20))
DEEP = 10_000
BADNESS = {
    "empty": b"",
    "blank": b"\n \n\n",
    "only comments": b"# nothing\n# at all\n",
    "binary": bytes(range(256)) * 40,
    "UTF-16": "rule: one\n".encode("utf-16"),
    "latin-1": "title: caf\u00e9\n".encode("latin-1"),
    "10 MB": b"key: value\n" * 950_000,
    "one long line": b"a: " + b"x" * 250_000 + b": y\n",
    "alias bomb": BOMB.encode(),
    "nested lists": b"[" * DEEP,
    "nested items": b"- " * DEEP + b"x\n",
    "nested mappings": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "nested lines": b"".join(b" " * n + b"a:\n" for n in range(600)),
    "nested keys": b"? " * DEEP + b"x\n",
    "quotes": b"'" * 100_001,
    "a list": b"- one\n- two\n",
    "a text": b"only words\n",
    "a number": b"5\n",
    "null": b"null\n",
    "an empty mapping": b"{}\n",
    "an empty list": b"[]\n",
    "a null": b"\x00",
    "a form feed": b"a: 1\x0c\nb: 2\n",
    "keys of nothing": b"'': {'': ''}\n",
    "cut off": b"rule: 'bas",
}


def content(kind, body):
    """The sample pack with one file replaced; others of its kinds are added where the sample has none."""
    own = {KINDS[each]: written for each, written in OWN.items() if each != "site"}
    return {**sample(), **own, KINDS[kind]: body}


def sound(kind):
    """The file as it should be."""
    return OWN.get(kind, sample().get(KINDS[kind]))


def said(kind, body):
    """What `check` says of a file of a kind."""
    with bounded("a check", 20):
        if kind == "site":
            return examine_site("site.yaml", body, SHIPPED_SITE, TODAY).diagnostics
        return examine(content(kind, body), TODAY).diagnostics


SHIPPED_SITE = {path: body for path, body in SHIPPED.items() if not path.endswith(".test.yaml")}


def look_at(found, kind, body):
    """Each finding has a place that is there, an id, plain words, and none of Python's or a parser's."""
    path = KINDS[kind]
    lines = len(re.split(rb"\r\n|\r|\n", body))
    for each in found:
        assert each.at.line >= 1, each
        assert each.at.column >= 1, each
        assert each.at.file != path or each.at.line <= lines, each
        words = f"{each.what} {each.meaning} {each.remedy}"
        assert not PARSER.search(words), each
        assert not re.search(r"Traceback|Error\b|object at 0x|\bNone\b|\{'|<class|is not valid under", words), each
    assert len(render_text(found)) < 200_000


def test_the_files_are_sound_before():
    """So that whatever is found comes from the badness."""
    for kind in KINDS:
        assert [each for each in said(kind, sound(kind)) if each.severity is Severity.ERROR] == [], kind


EVERY_KIND = ("rule", "tests", "FHIR value set", "site")
"""Kinds that are read in different ways, for which every badness is tried; for the others every third."""
PAIRS = [
    (kind, badness)
    for place, kind in enumerate(KINDS)
    for turn, badness in enumerate(BADNESS)
    if kind in EVERY_KIND or (place + turn) % 3 == 0
]


@pytest.mark.parametrize(("kind", "badness"), PAIRS)
def test_no_bad_file_is_a_traceback(kind, badness):
    """One file of each kind, bad in each way: findings in that file, at once, in bounded time and memory."""
    body = BADNESS[badness]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = said(kind, body)
    look_at(found, kind, body)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000
    if not _may_be(kind, badness):
        assert KINDS[kind] in {each.at.file for each in found if each.severity is Severity.ERROR}, found


def _may_be(kind, badness):
    """Whether a file may be so: a hook's schema may be any JSON, and a schema that allows everything is one."""
    free = {"an empty mapping", "an empty list", "a number", "null", "a list", "a text"}
    return (kind in ("hook schema", "schema") and badness in free) or (
        badness == "an empty mapping" and kind in ("pack tests", "tests", "data", "facts", "words", "units", "systems")
    )


WRONG = ([], ["x"], {}, {"x": "y"}, None, "", "x y", 7, -1, 1e400, 10**400, "2026-02-30", "9" * 5000, ".nan", True)


def variants(node, put):
    """The tree with each value in turn replaced by each wrong one, left out, or with a key beside it."""
    keys = list(node) if isinstance(node, dict) else range(len(node))
    for key in keys:
        value = node[key]
        for wrong in WRONG:
            if wrong != value:
                yield put({**node, key: wrong} if isinstance(node, dict) else [*node[:key], wrong, *node[key + 1 :]])
        if isinstance(node, dict):
            yield put({each: node[each] for each in keys if each != key})
        if isinstance(value, dict | list) and value:

            def deeper(inner, key=key):
                if isinstance(node, dict):
                    return put({**node, key: inner})
                return put([*node[:key], inner, *node[key + 1 :]])

            yield from variants(value, deeper)
    if isinstance(node, dict):
        yield put({**node, "unheard_of": "x"})


EACH = int(os.environ.get("WRONG_VALUES", "12"))
"""Variants of each kind of file; all of them with a number that is large enough."""


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "schema" not in kind])
def test_no_wrong_value_is_a_traceback(kind):
    """Values replaced by those of another type, keys left out and added: some of each kind of file's variants."""
    read = read_json if KINDS[kind].endswith(".json") else read_yaml
    tree = plain(read(KINDS[kind], sound(kind), Report()))
    every = list(variants(tree, lambda whole: whole))
    few = EACH // 4 if kind == "site" else EACH  # a site file is compiled for each of its clients
    step = max(1, len(every) // max(few, 1))
    for whole in every[::step]:
        body = _written(whole)
        look_at(said(kind, body), kind, body)
        if KINDS[kind].endswith(".yaml"):
            format_file(KINDS[kind], body, SHIPPED)


def _written(whole):
    """A tree as JSON, which both languages read; infinity is written as a number that is too large."""
    return json.dumps(whole, indent=1).replace("Infinity", "1e999").encode()
