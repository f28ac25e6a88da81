"""``unused-…``: what is defined and named nowhere: retrieves, value sets, parameters, words, and what a pack offers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cds.language.checks.subject import Subject
from cds.language.node import Fields, Text, fields, text, texts
from cds.language.report import Report


@dataclass(frozen=True)
class Defined:
    """A name that content defines: what it is called by its lint, by the compiler, and where it stands."""

    lint: str
    key: Text
    used_as: str


def check(subject: Subject, report: Report) -> None:
    """Report each definition that nothing names."""
    used = {name for each in subject.everywhere for name in each.used} | _named_in_files(subject)
    for each in (*_shared(subject), *_of_rules(subject), *_of_the_pack(subject), *_value_sets(subject)):
        if each.used_as not in used:
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
    """Value sets are shared by packs, so a set is judged only where there is one pack; a draft may wait."""
    if len(subject.library.packs) > 1:
        return
    for path, root in subject.roots.items():
        name = root.get("valueset")
        if path.startswith("rules/valuesets/") and isinstance(name, Text) and text(root.get("status")) != "draft":
            yield Defined("valueset", name, f"valueset {name.value}")


def _keys(node: object, lint: str, prefix: str) -> Iterator[Defined]:
    if isinstance(node, Fields):
        for key, _ in node:
            yield Defined(lint, key, prefix + key.value)


def _named_in_files(subject: Subject) -> set[str]:
    """Panels that data groups fetch beside the codes of their retrieves, and sources that a profile puts in place."""
    groups = fields(subject.files.data.get("groups"))
    panels = {f"valueset {each.value}" for _, node in groups for each in texts(fields(node).get("also"))}
    replaced = (node for each in subject.files.profiles.values() for _, node in fields(each.get("evidence")))
    return panels | {f"evidence {source.value}" for node in replaced for source in texts(node)}
