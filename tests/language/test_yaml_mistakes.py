"""What is wrong with YAML that cannot be read: told in plain words, at the place of the mistake."""

import random
import re

import pytest

from cds.authoring.diagnostics_text import render_text
from cds.content import find_content, read_content
from cds.language.report import Report
from cds.language.yaml import read_yaml

PARSER = re.compile(
    r"did not find|could not find|mapping value|block (mapping|collection|sequence)|flow (mapping|sequence|node)"
    r"|simple key|scalar|scanning|parsing|next token|that cannot start|directive|node content|in this context"
    r"|unexpected|indicator equal",
)
"""Words of the parser, which say nothing to an author."""

MISTAKES = {
    # tabs
    "a:\n\tb: 1\n": "tab 2:1",
    "a: b\n\tc: d\n": "tab 2:1",
    "a:\n  b: 1\n \tc: 2\n": "tab 3:2",
    "a:\n  -\tb: 1\n": "tab 2:4",
    "a: |\n\ttext\n": "tab 2:1",
    # quotes: where the one stands that is not closed, not where the next one was taken for its end
    "a: 'open\nb: c\n": "quote 1:4",
    "a: 'open\nb: 'c'\nd: e\n": "quote 1:4",
    'a: "open\nb: c\nd: "e"\n': "quote 1:4",
    "a: 'open\nb: it'\nc: d\n": "quote 1:4",
    "x:\n  - a: 'open\n  - b: it'\n": "quote 2:8",
    "x: {a: 'open, b: c}\ny: {a: 'closed', b: c}\n": "quote 1:8",
    "a: 'the patient's result'\n": "quote 1:16",
    'a: "say "yes" now"\n': "quote 1:9",
    "a: 'x' y\n": "quote 1:6",
    "x: {a: 'it's', b: c}\n": "quote 1:11",
    'a: "one \\d digit"\n': "quote 1:9",
    'a: "C:\\Users"\n': "quote 1:7",
    # brackets
    "a: [1, 2\nb: 3\n": "bracket 1:4",
    "a: {b: 1, c: 2\nd: 3\n": "bracket 1:4",
    "a: [b, # more\n": "bracket 1:4",
    "a: [1, 2}\n": "bracket 1:9",
    "a: {b: [1, 2}, c: d}\n": "bracket 1:13",
    "a: ]\n": "bracket 1:4",
    "a: {b: c}}\n": "bracket 1:10",
    '{"a": 1\n"b": 2}\n': "bracket 2:1",
    # texts that need quotes
    "a: b: c\n": "needs-quotes 1:5",
    "- a: b: c\n": "needs-quotes 1:7",
    "a: b:\n": "needs-quotes 1:5",
    "a: {b: c: d}\n": "needs-quotes 1:9",
    "a: {drug} is out\nb: c\n": "needs-quotes 1:4",
    "a: [b] is out\n": "needs-quotes 1:4",
    "a: @b\n": "needs-quotes 1:4",
    "a: `b\n": "needs-quotes 1:4",
    "a: %b\n": "needs-quotes 1:4",
    "%b: c\n": "needs-quotes 1:1",
    "a: & b\n": "needs-quotes 1:4",
    "a: **b**\n": "needs-quotes 1:4",
    "a: !<b c\n": "needs-quotes 1:4",
    "a: > 3\n": "needs-quotes 1:4",
    "a: >= 3\n": "needs-quotes 1:4",
    "a: | text\n": "needs-quotes 1:4",
    "a: , b\n": "needs-quotes 1:4",
    "a: ? b\n": "needs-quotes 1:4",
    "a: -\n": "needs-quotes 1:4",
    "a: - b\n": "needs-quotes 1:4",
    "a: [- b]\n": "needs-quotes 1:5",
    "a: {b: c, , d: e}\n": "needs-quotes 1:11",
    # names, aliases and tags, which YAML has and content has not
    "a: &b c\n": "anchor 1:4",
    "a: *b c\n": "alias 1:4",
    "a: ! b\n": "tag 1:4",
    # indentation
    "a:\n  b: 1\n c: 2\n": "indentation 3:2",
    "a:\n    b: 1\n  c: 2\n": "indentation 3:3",
    "a:\n  - b: 1\n    c: 2\n   d: 3\n": "indentation 4:4",
    "a:\n  - b: 1\n - c: 2\n": "indentation 3:2",
    "a: b\n  c: d\n": "indentation 2:3",
    'a: "b"\n  c: d\n': "indentation 2:3",
    "- a: b\n   c: d\n": "indentation 2:4",
    " a: 1\nb: 2\n": "indentation 2:1",
    "a:\n  - b\n  c: d\n": "indentation 3:3",
    "a: 1\n- b\n": "indentation 2:1",
    "a: 1\n  - b\n": "indentation 2:3",
    # colons and blanks
    "a: 1\nb\nc: 2\n": "no-colon 2:1",
    "hello\nworld: 1\n": "no-colon 1:1",
    ": 1\n": "no-colon 1:1",
    "a:1\nb: 2\n": "no-blank 1:2",
    "a: 1\nb:2\nc: 3\n": "no-blank 2:2",
    "a:\n  - b\n  -c\n": "no-blank 3:3",
    "a:\n  -b\n  -c\n": "no-blank 2:3",
    # characters
    "a: b\u200b\n": "control-character 1:5",
    "a: \x07\n": "control-character 1:4",
    "a: 1\n\u00a0 b: 2\n": "control-character 2:1",
    "a: \u202eb\n": "control-character 1:4",
    # the rest
    "a: 1\n...\nb: 2\n": "several-documents 3:1",
    "%YAML 9.9\n---\na: 1\n": "needs-quotes 1:1",
}


def read(words):
    report = Report()
    read_yaml("a.yaml", words if isinstance(words, bytes) else words.encode(), report)
    return report.found


@pytest.mark.parametrize(("words", "told"), MISTAKES.items(), ids=[repr(words) for words in MISTAKES])
def test_a_mistake_is_told_at_its_place(words, told):
    """By an id that has a page of its own, with what to do, and in no words of a parser."""
    (found,) = read(words)
    assert f"{found.id} {found.at.line}:{found.at.column}" == told
    assert found.remedy.endswith((".", "'"))
    assert not PARSER.search(render_text([found]))


def test_windows_line_ends_change_no_place():
    """Lines and columns are the same in a file of another system."""
    for words, told in MISTAKES.items():
        (found,) = read(words.replace("\n", "\r\n"))
        assert f"{found.id} {found.at.line}:{found.at.column}" == told, words


@pytest.mark.parametrize(
    ("source", "line", "column", "what"),
    [
        ("a: 1\nb: caf\u00e9\n".encode("latin-1"), 2, 7, "it would be \u00e9"),
        (b"\xef\xbb\xbfa: \xe9\n", 1, 4, "E9"),
        ("a: 1\n".encode("utf-16"), 1, 1, "UTF-16"),
        ("a: 1\n".encode("utf-16-be"), 1, 1, "UTF-16"),
        (bytes(range(256)), 1, 1, "this is no text"),
    ],
    ids=["latin-1", "after a mark", "utf-16", "utf-16 without a mark", "binary"],
)
def test_another_encoding_is_named(source, line, column, what):
    """With the place of the first byte that is wrong, and what it seems to be."""
    (found,) = read(source)
    assert (found.id, found.at.line, found.at.column) == ("encoding", line, column)
    assert what in found.what


def test_the_line_with_a_colon_is_shown_as_it_should_be():
    """Ready to be copied."""
    assert read("a: ALT result: pending\n")[0].remedy.endswith("Write a: 'ALT result: pending'")


def test_texts_over_several_lines_that_are_meant_so_are_read():
    """Folded texts, quoted or not, lists and mappings over lines, and blocks with anything in them."""
    words = "a: one\n  two\nb: 'three\n  four'\nc: [five,\n  six]\nd: |\n  - e:f\n  'g\ne: http://a\n  b\n"
    assert read(words) == ()


SIGNS = [*"{}[]:,'\"\t#-|&*?>!%@`\\ \n0a", ": ", "- ", "? ", "...", "---\n", "%YAML\n", "''", "\n  ", "k: v\n"]


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_damaged_is_told_in_plain_words(seed):
    """Two hundred files with signs put in and taken out: one plain message each, at a place that is in the file."""
    dice = random.Random(seed)  # noqa: S311 - nothing secret is drawn
    whole = [body.decode() for path, body in read_content(find_content()).items() if path.endswith(".yaml")]
    whole = [words for words in whole if len(words) < 6000]
    for _ in range(200):
        signs = list(dice.choice(whole))
        for _ in range(dice.choice((1, 1, 2, 5))):
            at = dice.randrange(len(signs))
            signs[at : at + dice.choice((0, 1, 3, 30))] = [dice.choice(SIGNS)]
        words = "".join(signs)
        for found in read(words):
            assert 1 <= found.at.line <= words.count("\n") + 1, words
            assert found.id != "duplicate-key" or found.meaning
            assert not PARSER.search(f"{found.what} {found.meaning} {found.remedy}"), found
