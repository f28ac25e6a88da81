"""Everything that the rule book tells of, by name, with the pages that tell of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cds.authoring.book_names import spaced
from cds.authoring.book_pages import PackPage, RulePage
from cds.language.terminology import ValueSet


@dataclass(frozen=True)
class Entry:
    """A name, what it says, and where it is told of: the words and the address of each link."""

    name: str
    says: str
    places: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Section:
    """Entries of one sort, by name."""

    anchor: str
    title: str
    entries: tuple[Entry, ...]


def contents(packs: Sequence[PackPage], value_sets: Sequence[ValueSet]) -> tuple[Section, ...]:
    """Rules, findings, facts, parameters and value sets of all packs."""
    pages = [page for pack in packs for page in pack.rules]
    findings = ((finding, indicators, page, finding) for pack in packs for finding, indicators, page in pack.findings)
    facts = ((fact.name, "", page, fact.anchor) for page in pages for fact in page.facts)
    parameters = ((each.name, "", page, "parameters") for page in pages for each in page.parameters)
    return (
        Section("rules", "Rules", _by_name((spaced(p.view.rule.name), p.view.rule.title, p, "") for p in pages)),
        Section("findings", "Findings", _by_name(findings)),
        Section("facts", "Facts", _by_name(facts)),
        Section("parameters", "Parameters", _by_name(parameters)),
        Section(
            "valuesets",
            "Value sets",
            tuple(
                Entry(each.name, each.codes.title, (("codes", f"valuesets/{each.name}.html"),)) for each in value_sets
            ),
        ),
    )


def _by_name(found: Iterable[tuple[str, str, RulePage, str]]) -> tuple[Entry, ...]:
    """One entry for each name and what it says, with every page that has it."""
    entries: dict[tuple[str, str], dict[str, str]] = {}
    for name, says, page, anchor in found:
        link = f"{page.pack}/{page.view.rule.name}.html" + (f"#{anchor}" if anchor else "")
        entries.setdefault((name, says), {})[link] = f"{page.view.rule.title} ({page.pack})"
    return tuple(
        Entry(name, says, tuple((label, link) for link, label in places.items()))
        for (name, says), places in sorted(entries.items(), key=lambda each: (each[0][0].casefold(), each[0][1]))
    )
