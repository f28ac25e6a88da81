"""Strict YAML: positions, YAML 1.2 scalars, and everything that is refused."""

import pytest
from tiny_content import fields_of

from cds.language.node import Fields, Items, Text, plain
from cds.language.report import Report
from cds.language.yaml import MAX_BYTES, MAX_DEPTH, read_yaml
from cds.values.diagnostic import Position


def read(words):
    report = Report()
    return read_yaml("a.yaml", words if isinstance(words, bytes) else words.encode(), report), report.found


def test_every_node_knows_its_place():
    """Keys, values and items carry line, column and end, counted from 1."""
    root = fields_of("a: one\nb:\n  - {c: two}\n")
    assert root.keys["b"].at == Position("test.yaml", 2, 1, 2)
    item = root.values["b"].items[0]
    assert item.values["c"].at == Position("test.yaml", 3, 9, 12)


def test_columns_count_code_points():
    """A column after an accent and an emoji counts each as one."""
    root = fields_of("é😀: {b: x}\n")
    assert root.values["é😀"].values["b"].at.column == 9


def test_a_byte_order_mark_and_windows_line_ends_are_read():
    """Files saved on other systems read the same."""
    root, found = read(b"\xef\xbb\xbfa: one\r\nb: two\r\n")
    assert (plain(root), found) == ({"a": "one", "b": "two"}, ())


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("true", "true"),
        ("2026-11-24", "2026-11-24"),
        ("12:30:45", "12:30:45"),
        ("1_000", "1_000"),
        ("010", 10),
        ("-3", -3),
        ("0.5", 0.5),
        ("1e3", 1000.0),
        ("1.0.0", "1.0.0"),
        ("~", None),
        ("null", None),
        ("'5'", "5"),
        ("''", ""),
        ("31 days", "31 days"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(written, value):
    """Words stay words; only numbers and null are more than text, and a quoted text is text."""
    assert plain(fields_of(f"a: {written}\n")) == {"a": value}


@pytest.mark.parametrize(
    ("words", "id"),
    [
        ("a: &x 1\nb: 2\n", "anchor"),
        ("a: *x\n", "alias"),
        ("a: !!str 1\n", "tag"),
        ("a: !python/object:os.system 1\n", "tag"),
        ("<<: {a: 1}\n", "merge-key"),
        ("a: 1\n---\nb: 2\n", "several-documents"),
        ("", "empty-file"),
        ("# nothing\n", "empty-file"),
        ("a:\n\tb: 1\n", "tab"),
        ("a: 'open\n", "quote"),
        ("a: b: c\n", "needs-quotes"),
        ("a: @b\n", "needs-quotes"),
        ("a: [1, 2\n", "bracket"),
        ("{a}: 1\n", "key"),
        ("? [a]\n: 1\n", "key"),
        (b"a: \xff\n", "encoding"),
        (b"a: \x00\n", "encoding"),
        ("a: " + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "too-deep"),
        ("a: " + "[" * 5000, "too-deep"),
        ("#" * (MAX_BYTES + 1), "file-too-large"),
    ],
)
def test_what_is_not_strict_is_refused(words, id):
    """Each is reported once, by its id, and nothing is read."""
    root, found = read(words)
    assert root is None
    assert [each.id for each in found] == [id]


def test_a_duplicate_key_is_reported_and_the_rest_is_read():
    """The first value stays, and reading goes on."""
    root, found = read("a: 1\nb: 2\na: 3\n")
    assert plain(root) == {"a": 1, "b": 2}
    assert [(each.id, each.at.line) for each in found] == [("duplicate-key", 3)]


def test_the_largest_depth_and_size_are_allowed():
    """The limits themselves are inside."""
    assert read("a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1))[1] == ()
    assert read("a: 1 #" + " " * (MAX_BYTES - 6))[1] == ()


def test_a_block_text_keeps_its_lines_and_is_text():
    """A block of digits is text, since it was written as one."""
    assert plain(fields_of("a: |\n  1\n  2\n")) == {"a": "1\n2\n"}


def test_nodes_are_of_three_kinds():
    """A mapping, a list and a scalar are what a file can hold."""
    root = fields_of("a: [x]\n")
    assert [type(each) for each in (root, root.values["a"], root.values["a"].items[0])] == [Fields, Items, Text]
