"""A site's own codes: its code systems, and the codes that value sets recognise beside their own."""

from __future__ import annotations

from dataclasses import replace

from cds.language.literals import read_code
from cds.language.load import Library
from cds.language.node import Text, text, texts
from cds.language.report import Report, did_you_mean
from cds.language.site import Site
from cds.language.terminology import System, ValueSet
from cds.values.codes import Code, CodeLine, code_set


def with_site_codes(library: Library, site: Site, report: Report) -> Library:
    """The library with the site's systems, and with its codes in the value sets that it names."""
    systems = dict(library.shared.systems)
    for key, node in site.systems:
        systems.setdefault(key.value, System(key.value, text(node), (), f"codes of {site.name}", ""))
    value_sets = dict(library.shared.value_sets)
    for key, node in site.codes:
        if key.value in value_sets:
            lines = [line for each in texts(node) for line in _lines(each, systems, value_sets[key.value], report)]
            value_sets[key.value] = _widened(value_sets[key.value], lines)
    return replace(library, shared=replace(library.shared, systems=systems, value_sets=value_sets))


def _lines(node: Text, systems: dict[str, System], value_set: ValueSet, report: Report) -> list[CodeLine]:
    found = read_code(node.value)
    if found is None:
        report.error("code-form", node.at, f"{node.value!r} is not SYSTEM CODE", remedy="Write it as LOCAL 1234.")
        return []
    if found[0] not in systems:
        advice = f"{did_you_mean(found[0], systems)} A system of this site stands under systems:.".strip()
        report.error("unknown-system", node.at, f"no code system is called {found[0]}", "", advice)
        return []
    system = systems[found[0]]
    codes = [Code(url, found[1]) for url in (system.url, *system.also)]
    if any(code in value_set.codes.excluded for code in codes):
        why = value_set.codes.excluded[codes[0]]
        report.error("overlapping-exclusion", node.at, f"{value_set.name} excludes {node.value}: {why}")
        return []
    return [CodeLine(code, value_set.codes.title, node.value, source="site") for code in codes]


def _widened(value_set: ValueSet, lines: list[CodeLine]) -> ValueSet:
    codes = value_set.codes
    return replace(value_set, codes=code_set(codes.name, codes.title, (*codes.lines, *lines), codes.excluded))
