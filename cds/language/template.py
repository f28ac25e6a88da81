"""Card text: ``{name}``, ``{name | date}``, ``{name | or "none on file"}``. No arithmetic, no branches."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from cds.language.fact import Fact
from cds.language.node import Text
from cds.language.report import Report

FILTERS = ("date", "value", "why", "evidence")

_SLOT = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"\s*([a-z][a-z0-9_]*)\s*\Z")
_OR = re.compile(r"""\s*or\s+(?:"([^"]*)"|'([^']*)')\s*\Z""")


@dataclass(frozen=True)
class Slot:
    """A place that a fact fills at request time; ``fallback`` stands when the fact has nothing to show."""

    fact: Fact
    filter: str = ""
    fallback: str | None = None


@dataclass(frozen=True)
class Template:
    """A text with slots; parameters and profile words were filled in when it was compiled."""

    parts: tuple[str | Slot, ...]

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Its slots, in order."""
        return tuple(part for part in self.parts if isinstance(part, Slot))


Lookup = Callable[[str, Text], "Fact | str | None"]
"""Finds what a slot's name stands for: a fact, or text that is known at load; reports and gives None when neither."""


def read_template(node: Text, find: Lookup, report: Report) -> Template:
    """Compile a text; whatever is wrong with a slot is reported at the text's place."""
    parts: list[str | Slot] = []
    end = 0
    for found in _SLOT.finditer(node.value):
        parts.append(node.value[end : found.start()])
        end = found.end()
        part = _slot(found[1], node, find, report)
        if part is not None:
            parts.append(part)
    parts.append(node.value[end:])
    if any("{" in part or "}" in part for part in parts if isinstance(part, str)):
        report.error("brace", node.at, "a brace has no partner", remedy="Write {name}; a text has no other braces.")
    return Template(_merged(parts))


def _slot(inside: str, node: Text, find: Lookup, report: Report) -> str | Slot | None:
    name, *filters = inside.split("|", 2)
    match = _NAME.match(name)
    if match is None:
        report.error("slot", node.at, f"{{{inside}}} does not start with a name")
        return None
    target = find(match[1], node)
    if target is None or isinstance(target, str):
        return target
    chosen, fallback = "", None
    for each in filters:
        alternative = _OR.match(each)
        if alternative is not None:
            fallback = alternative[1] if alternative[1] is not None else alternative[2]
        elif each.strip() in FILTERS and not chosen:
            chosen = each.strip()
        else:
            advice = f'Filters are {", ".join(FILTERS)} and or "…".'
            report.error("filter", node.at, f"{each.strip()!r} is not a filter", remedy=advice)
    return Slot(target, chosen, fallback)


def _merged(parts: list[str | Slot]) -> tuple[str | Slot, ...]:
    merged: list[str | Slot] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        elif part != "":
            merged.append(part)
    return tuple(merged)
