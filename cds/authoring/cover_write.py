"""Writes a draft as a test of a file: with what it must expect, in the canonical layout, where it is to be pasted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cds.authoring.cover_draft import Draft, listed, mapping
from cds.authoring.cover_try import Probe
from cds.authoring.fmt_format import format_file
from cds.authoring.fmt_scalar import written
from cds.authoring.test_expect import FINDING, NOT_APPLICABLE, NOT_CHECKED, SILENT
from cds.language.load import Files
from cds.language.node import Fields, Items, Node, Text
from cds.values.diagnostic import Position

TESTS, TABLES = "tests", "tables"
_AFTER = {TESTS: (TABLES,), TABLES: ()}
_BEFORE_TESTS = ("survivors", "unreachable")
_AT = Position("", 1, 1)


@dataclass(frozen=True)
class Piece:
    """Lines to paste at the end of a section of a test file."""

    section: str
    lines: tuple[str, ...]


def expectation(probe: Probe, facts: Mapping[str, str]) -> Fields | Text:
    """What came of a draft, as a test expects it.

    Args:
        probe: the draft with what came of it.
        facts: facts whose states are to be looked at, by the names that the rule uses.
    """
    seen = probe.run.observed
    said: dict[str, Node | str] = {}
    match seen.ending:
        case "finding":
            said = {FINDING: seen.says, "indicator": seen.indicator}
        case "silent":
            said = {SILENT: Text(_AT, seen.says)}
        case "not_checked":
            said = {NOT_CHECKED: seen.says}
            if seen.reasons:
                said["reasons"] = listed(*seen.reasons)
    if facts:
        said["facts"] = mapping(dict(facts))
    return mapping(said) if said else Text(_AT, NOT_APPLICABLE)


def test_piece(rule: str, name: str, draft: Draft, expect: Node, files: Files) -> Piece | None:
    """One test."""
    lines = [f"  - name: {_words(Text(_AT, name))}"]
    lines += [f"    {key}: {_words(node)}" for key, node in draft.options]
    if draft.lines:
        lines += ["    data:", *(f"      - {line}: {_words(body)}" for line, body in draft.lines)]
    lines.append(f"    expect: {_words(expect)}")
    return _laid_out(rule, TESTS, lines, files)


def table_piece(
    rule: str, name: str, base: Draft, place: int, key: str, rows: Iterable[tuple[str, Node]], files: Files
) -> Piece | None:
    """A table of drafts that differ in one field of one line."""
    head, body = base.lines[place]
    kept = Fields(
        _AT,
        {each: node for each, node in body.keys.items() if each != key},
        {each: node for each, node in body.values.items() if each != key},
    )
    several = (*base.lines[:place], (head, kept), *base.lines[place + 1 :])
    lines = [f"  - name: {_words(Text(_AT, name))}"]
    lines += [f"    {option}: {_words(node)}" for option, node in base.options]
    lines += [f"    vary: {head}.{key}", "    base:", *(f"      - {line}: {_words(body)}" for line, body in several)]
    lines.append("    rows:")
    lines += [f"      - {{is: {_words(Text(_AT, value))}, expect: {_words(expect)}}}" for value, expect in rows]
    return _laid_out(rule, TABLES, lines, files)


def new_file(rule: str) -> str:
    """A test file without tests."""
    return f"# yaml-language-server: $schema=../schema/test.schema.json\ntests_for: {rule}\n"


def pasted(text: str, piece: Piece) -> str:
    """The text of a test file with a piece at the end of its section."""
    lines = text.rstrip("\n").split("\n")
    start = next((place for place, line in enumerate(lines) if line.rstrip() == f"{piece.section}:"), None)
    if start is None:
        later = (f"{each}:" for each in _AFTER[piece.section])
        end = next((place for name in later for place, line in enumerate(lines) if line.startswith(name)), len(lines))
        return "\n".join((*lines[:end], f"{piece.section}:", *piece.lines, *lines[end:])) + "\n"
    end = next(
        (place for place in range(start + 1, len(lines)) if lines[place] and lines[place][0] not in " #"), len(lines)
    )
    while not lines[end - 1].strip() or lines[end - 1].startswith("#"):
        end -= 1
    return "\n".join((*lines[:end], *piece.lines, *lines[end:])) + "\n"


def _laid_out(rule: str, section: str, lines: Sequence[str], files: Files) -> Piece | None:
    """The lines as ``fmt`` has them; None where they are no test."""
    text = "\n".join((f"tests_for: {rule}", f"{section}:", *lines)) + "\n"
    found = format_file(f"{rule}.test.yaml", text.encode(), files)
    if found.found:
        return None
    return Piece(section, tuple(found.layout.decode().rstrip("\n").split("\n")[2:]))


def _words(node: Node) -> str:
    """A node on one line."""
    match node:
        case Text():
            return written(node.value, "'" if node.quoted or _must_be_quoted(node.value) else "", flow=True)
        case Items():
            return "[" + ", ".join(map(_words, node.items)) + "]"
        case Fields():
            parts = (f"{_words(node.keys[key])}: {_words(value)}" for key, value in node.values.items())
            return "{" + ", ".join(parts) + "}"


def _must_be_quoted(value: str) -> bool:
    """Whether a word that was made up here would mean something else without quotes."""
    return not value or value[0] in "<>*&!|%@`'\"#"
