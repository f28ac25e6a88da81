"""JSON as nodes: the same values as the library of the language, a position for each, and what is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.language.json import MAX_BYTES, MAX_DEPTH, json_data, read_json
from cds.language.report import Report
from cds.values.diagnostic import Position

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


def read(words):
    report = Report()
    return read_json("a.json", words if isinstance(words, bytes) else words.encode(), report), report.found


@given(value=VALUES, indent=st.sampled_from([None, 1, "\t"]), ascii_only=st.booleans())
def test_values_are_those_of_the_library(value, indent, ascii_only):
    """Whatever is written as JSON is read as it was, escapes, pairs of surrogates and tabs included."""
    root, found = read(json.dumps(value, indent=indent, ensure_ascii=ascii_only))
    assert (json_data(root), found) == (value, ())


@given(words=st.text(alphabet="{}[],:\"\\u0d8 e+-.1tfnrulase/'\t\n", max_size=30))
def test_what_the_library_refuses_is_refused(words):
    """A text is read or gives one diagnostic, as the library of the language reads it or does not."""
    try:
        json.loads(words, parse_constant=lambda constant: 1 / 0)
        fits = True
    except (ValueError, ZeroDivisionError):
        fits = False
    _, found = read(words)
    ids = {each.id for each in found}
    assert (ids <= {"duplicate-key"} or "surrogate" in found[0].what) == fits


def test_every_node_knows_its_place():
    """Keys, values and items carry line, column and end, counted from 1 in code points, quotes included."""
    root, _ = read('{"é😀":\n\t[12, "two"]}')
    assert root.at == Position("a.json", 1, 1, 2)
    assert root.keys["é😀"].at == Position("a.json", 1, 2, 6)
    assert [each.at for each in root.values["é😀"]] == [Position("a.json", 2, 3, 5), Position("a.json", 2, 7, 12)]


def test_a_byte_order_mark_windows_line_ends_and_long_keys_are_read():
    """Files saved on other systems read the same, and no key is too long."""
    long = "k" * 5000
    root, found = read(b"\xef\xbb\xbf{\r\n" + f'"a": 1,\r\n"{long}": 2'.encode() + b"\r\n}\r\n")
    assert (json_data(root), found) == ({"a": 1, long: 2}, ())
    assert root.keys[long].at.line == 3


def test_a_pair_of_surrogates_is_one_character():
    """The escapes that JSON needs beyond the first plane."""
    root, found = read(r'"\ud83d\ude00\/"')
    assert (json_data(root), found) == ("😀/", ())


@pytest.mark.parametrize(
    ("words", "id", "column"),
    [
        ("", "empty-file", 1),
        ("[NaN]", "json", 2),
        ("[01]", "json", 2),
        ('["\x7f", "\t"]', "json", 8),
        ('["a", "b"', "json", 1),
        ('{"a": 1, "a": 2}', "duplicate-key", 10),
        ("[" * (MAX_DEPTH + 2), "too-deep", MAX_DEPTH + 2),
        (b"[\xff]", "encoding", 2),
        (b" " * (MAX_BYTES + 1), "file-too-large", 1),
    ],
    ids=["nothing", "constant", "zero", "tab", "end", "twice", "deep", "bytes", "large"],
)
def test_a_message_says_where(words, id, column):
    """Each refusal is one diagnostic at its place."""
    _, found = read(words)
    assert [(each.id, each.at.line, each.at.column) for each in found] == [(id, 1, column)]
