"""Code systems, units and value sets: from their files to lookup tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from cds.language.literals import read_code, read_day
from cds.language.node import Fields, Text, fields, items, plain, text, texts
from cds.language.report import Report, did_you_mean
from cds.values.codes import Code, CodeLine, CodeSet, code_set
from cds.values.diagnostic import Position
from cds.values.quantity import Scale, Unit, UnitTable, scale


@dataclass(frozen=True, slots=True)
class System:
    """A code system: the short name that authors write, its URL, and the other identifiers under which it arrives.

    ``begins``: how all of its codes begin, where it shares a URL with another; empty for however they like.
    """

    name: str
    url: str
    also: tuple[str, ...]
    title: str
    check_digit: str
    begins: str = ""


@dataclass(frozen=True)
class ValueSet:
    """A value set with what belongs to it beside its codes."""

    name: str
    at: Position
    codes: CodeSet
    scale: Scale | None
    source: str
    reviewed: date | None


def read_systems(root: Fields) -> dict[str, System]:
    """The systems of ``systems.yaml`` by short name."""
    systems = {}
    for key, node in fields(root.get("systems")):
        body = fields(node)
        also = tuple(each.value for each in texts(body.get("also")))
        systems[key.value] = System(
            name=key.value,
            url=text(body.get("url")),
            also=also,
            title=text(body.get("title")),
            check_digit=text(body.get("check_digit")),
            begins=text(body.get("begins")),
        )
    return systems


def read_units(root: Fields, report: Report) -> UnitTable:
    """The units of ``units.yaml`` by UCUM code and by every spelling."""
    units: dict[str, Unit] = {}
    for key, node in fields(root.get("units")):
        body = fields(node)
        factor = float(plain(body.values["factor"]))
        if not 0 < factor < float("inf"):
            report.error("unit-factor", key.at, f"{key.value} has the factor {factor:g}", "It would count nothing.")
            continue
        unit = Unit(key.value, text(body.get("measures")), factor)
        for spelling in (key, *texts(body.get("spellings"))):
            if spelling.value in units:
                report.error("unit-twice", spelling.at, f"{spelling.value} is in the table already")
            units[spelling.value] = unit
    return UnitTable(units)


def read_value_set(root: Fields, systems: Mapping[str, System], units: UnitTable, report: Report) -> ValueSet | None:
    """One file of ``valuesets/``; None when its head cannot be read."""
    name = root.get("valueset")
    if not isinstance(name, Text):
        return None
    lines: list[CodeLine] = []
    seen: dict[str, int] = {}
    for node in items(root.get("codes")):
        body = fields(node)
        codes = _codes(body.get("code"), systems, report)
        short = text(body.get("code"))
        if short in seen:
            report.error(
                "code-twice", body.at, f"{short} stands on line {seen[short]} already", remedy="Keep one line."
            )
        seen[short] = body.at.line
        lines.extend(_line(code, body, short) for code in codes)
    excluded: dict[Code, str] = {}
    for node in items(root.get("exclude")):
        body = fields(node)
        codes = _codes(body.get("code"), systems, report)
        excluded.update((code, text(body.get("because"))) for code in codes)
        listed = next((each for each in lines if each.code in codes), None)
        if listed is not None:
            report.error(
                "overlapping-exclusion",
                body.values["code"].at,
                f"{listed.short} is an exclusion of {name.value}, and one of its codes on line {seen[listed.short]}",
                "One of the two is wrong, and it decides what a rule sees.",
                "Keep it in one of the two.",
            )
    reviewed = read_day(text(root.get("reviewed")))
    codes_found = code_set(name.value, text(root.get("title")), lines, excluded)
    return ValueSet(name.value, name.at, codes_found, _scale(root, units, report), text(root.get("source")), reviewed)


def _codes(node: object, systems: Mapping[str, System], report: Report) -> list[Code]:
    if not isinstance(node, Text):
        return []
    found = read_code(node.value)
    if found is None:
        advice = "Write the short name of the system, a blank, and the code."
        report.error("code-form", node.at, f"{node.value!r} is not SYSTEM CODE", remedy=advice)
        return []
    system = systems.get(found[0])
    if system is None:
        report.error(
            "unknown-system",
            node.at,
            f"no code system is called {found[0]}",
            "A code without its system would never be found.",
            did_you_mean(found[0], systems) + " Systems stand in rules/systems.yaml.",
        )
        return []
    return [Code(url, found[1]) for url in (system.url, *system.also)]


def _line(code: Code, body: Fields, short: str) -> CodeLine:
    score = body.get("score")
    return CodeLine(
        code=code,
        display=text(body.get("display")),
        short=short,
        descendants=text(body.get("descendants")) == "yes",
        score=int(plain(score)) if score is not None else None,
        strength=text(body.get("strength")),
        doubtful=text(body.get("doubtful")),
        source=text(body.get("source")),
    )


def _scale(root: Fields, units: UnitTable, report: Report) -> Scale | None:
    unit = root.get("unit")
    if not isinstance(unit, Text):
        return None
    named = [unit, *(key for key, _ in fields(root.get("convert"))), *(key for key, _ in fields(root.get("plausible")))]
    missing = [each for each in named if units.find(each.value) is None]
    for each in missing:
        report.error(
            "unknown-unit", each.at, f"{each.value} is not a unit of rules/units.yaml", "No value could be compared."
        )
    if missing:
        return None
    convert = {key.value: float(plain(node)) for key, node in fields(root.get("convert"))}
    plausible = {key.value: _bounds(plain(node)) for key, node in fields(root.get("plausible"))}
    return scale(units, unit.value, convert, plausible)


def _bounds(pair: list[float]) -> tuple[float, float]:
    return float(pair[0]), float(pair[1])
