"""``unused-…``: what is defined and named nowhere: retrieves, value sets, parameters, words, and what a pack offers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cds.language.checks.subject import Subject
from cds.language.node import Fields, Text, fields, text, texts
from cds.language.pack import Compiled, PackFiles
from cds.language.report import Report


@dataclass(frozen=True)
class Defined:
    """A name that content defines: what it is called by its lint, by the compiler, and where it stands."""

    lint: str
    key: Text
    used_as: str


def check(subject: Subject, report: Report) -> None:
    """Report each definition that nothing names."""
    used = used_by(subject.everywhere, subject.files)
    for each in (*_shared(subject), *_of_rules(subject), *_of_the_pack(subject), *_value_sets(subject)):
        # Value sets are shared by packs; whatever else a pack defines, only the pack itself can use.
        if each.used_as not in used and not (each.lint == "valueset" and each.used_as in subject.used_by_others):
            report.warning(
                f"unused-{each.lint}",
                each.key.at,
                f"nothing names {each.key.value}",
                "A reader would think that it matters.",
                "Remove it, or use it.",
            )


def _shared(subject: Subject) -> Iterator[Defined]:
    for file in subject.files.facts:
        yield from _keys(file.get("retrieves"), "retrieve", "retrieve ")
        yield from _keys(file.get("parameters"), "parameter", "parameter ")


def _of_rules(subject: Subject) -> Iterator[Defined]:
    for root in subject.files.rules:
        yield from _keys(root.get("parameters"), "parameter", f"parameter {text(root.get('rule'))}.")


def _of_the_pack(subject: Subject) -> Iterator[Defined]:
    pack = subject.files.pack
    yield from _keys(pack.get("evidence"), "evidence", "evidence ")
    yield from _keys(pack.get("overrides"), "override", "override reason ")
    yield from _keys(pack.get("suggestions"), "suggestion", "suggestion ")
    for profile in subject.files.profiles.values():
        yield from _keys(profile.get("words"), "word", "word ")


def _value_sets(subject: Subject) -> Iterator[Defined]:
    """Those that are no draft, which may wait."""
    for path, root in subject.roots.items():
        name = root.get("valueset")
        if path.startswith("rules/valuesets/") and isinstance(name, Text) and text(root.get("status")) != "draft":
            yield Defined("valueset", name, f"valueset {name.value}")


def _keys(node: object, lint: str, prefix: str) -> Iterator[Defined]:
    if isinstance(node, Fields):
        for key, _ in node:
            yield Defined(lint, key, prefix + key.value)


def used_by(everywhere: Iterable[Compiled], files: PackFiles) -> frozenset[str]:
    """The names that a pack uses under any of its profiles.

    Args:
        everywhere: the pack compiled under each of them.
        files: its parsed files.
    """
    return frozenset(name for each in everywhere for name in each.used) | _named_in_files(files)


def _named_in_files(files: PackFiles) -> set[str]:
    """Panels that data groups fetch beside the codes of their retrieves, and sources that a profile puts in place."""
    groups = fields(files.data.get("groups"))
    panels = {f"valueset {each.value}" for _, node in groups for each in texts(fields(node).get("also"))}
    replaced = (node for each in files.profiles.values() for _, node in fields(each.get("evidence")))
    return panels | {f"evidence {source.value}" for node in replaced for source in texts(node)}
