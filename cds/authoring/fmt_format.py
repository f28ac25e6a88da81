"""The canonical layout of one file, or why it has none. What it means never changes: that is looked at each time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from cds.authoring.fmt_comments import comments, read_document
from cds.authoring.fmt_order import SECTIONS, kind_of, put_in_order, schema_of
from cds.authoring.fmt_write import write_document
from cds.language.load import Files
from cds.language.node import Fields, plain
from cds.language.report import Report
from cds.language.schema import check_structure, read_schema
from cds.language.source import read_words
from cds.language.yaml import MAX_BYTES, read_yaml
from cds.values.diagnostic import Diagnostic, Position


@dataclass(frozen=True)
class Formatted:
    """A file in its canonical layout; as it was, when something in it is wrong (``found``)."""

    source: bytes
    layout: bytes
    found: tuple[Diagnostic, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether the file is not in its canonical layout."""
        return not self.found and self.source != self.layout


def format_file(name: str, source: bytes, files: Files) -> Formatted:
    """Lay out one file.

    Args:
        name: its name as shown in messages.
        source: its bytes.
        files: the content, for the schemas in it.

    Returns:
        The layout. A file that cannot be read, or departs from its schema, is left as it is, with the findings.
    """
    report = Report()
    root = read_yaml(name, source, report)
    kind = kind_of(root.keys, name) if isinstance(root, Fields) else ""
    if root is not None and not kind:
        report.error(
            "unknown-kind",
            Position(name, 1, 1),
            "this is none of the files of rules or sites",
            remedy="A file starts with the key of its kind, such as rule:, tests_for:, profile: or valueset:.",
        )
    if report.errors == 0 and root is not None:
        path = f"rules/schema/{kind}.schema.json"
        check_structure(root, read_schema(path, files.get(path), report), report)
    words = read_words(name, source, MAX_BYTES, report)
    if report.errors or root is None or words is None:
        return Formatted(source, source, report.found)
    words = words.replace("\r\n", "\n").replace("\r", "\n")
    document = read_document(words)
    put_in_order(document.root, schema_of(files, kind), kind)
    layout = write_document(document, SECTIONS.get(kind, ()))
    again = read_yaml(name, layout.encode(), report)
    if again is None or plain(again) != plain(root) or Counter(comments(layout)) != Counter(comments(words)):
        report.error(
            "layout",
            Position(name, 1, 1),
            "this file has a form that cannot be laid out without changing what it says",
            remedy="Simplify it: comments on lines of their own, texts on one line.",
        )
        return Formatted(source, source, report.found)
    return Formatted(source, layout.encode())
