"""Changes of a rule itself: its phases, and of each case when it holds, how it ends and what it offers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from cds.authoring.mutate_change import Change, Edit, Path
from cds.authoring.mutate_conditions import Found, condition_changes
from cds.language.node import Fields, Items, Text, fields, items, text, texts
from cds.language.plan import SEVERITIES
from cds.values.diagnostic import Position

_FINDING = (
    "finding",
    "indicator",
    "headline",
    "found",
    "why",
    "do",
    "suggest",
    "override",
    "replaces",
    "beside",
    "repeat",
)
_OFFERED = ("suggest", "override", "replaces", "beside")


def rule_changes(root: Fields) -> Iterator[Change]:
    """The changes of a rule file apart from its parameters and facts."""
    owner = text(root.get("rule"))

    def change(at: Position, id: str, kind: str, *edits: Edit, logic: bool = False) -> Change:
        return Change(at, owner, id, kind, edits, logic=logic)

    phases = fields(root.get("applies")).get("phase")
    if isinstance(phases, Items) and len(phases.items) > 1:
        for place, phase in enumerate(phases.items):
            yield change(phase.at, f"phase {text(phase)} dropped", "phase", Edit(("applies", "phase", place), None))
    cases = items(root.get("cases"))
    for place, node in enumerate(cases):
        case, name, path = fields(node), f"case {place + 1}", ("cases", place)
        for found in _conditions(case, name):
            yield change(found.at, found.id, found.kind, *_under(path, found.edits), logic=True)
        for found in _ending(case, name):
            yield change(found.at, found.id, found.kind, *_under(path, found.edits), logic=True)
        for found in _offers(case, name):
            yield change(found.at, found.id, found.kind, *_under(path, found.edits))
    for place, (one, other) in enumerate(pairwise(cases)):
        when, then = fields(one).get("when"), fields(other).get("when")
        if when is not None and then is not None:
            edits = (Edit(("cases", place, "when"), then), Edit(("cases", place + 1, "when"), when))
            yield change(one.at, f"case {place + 1} and case {place + 2} swapped", "case", *edits, logic=True)


def _under(path: Path, edits: tuple[Edit, ...]) -> Iterator[Edit]:
    return (Edit((*path, *each.path), each.to) for each in edits)


def _conditions(case: Fields, name: str) -> Iterator[Found]:
    when = case.get("when")
    if when is not None:
        yield from condition_changes(when, f"{name} when", ("when",))


def _ending(case: Fields, name: str) -> Iterator[Found]:
    """Another indicator; silence in place of what is said, and a rule left open in place of silence."""
    indicator = case.get("indicator")
    if isinstance(indicator, Text) and indicator.value in SEVERITIES:
        level = SEVERITIES.index(indicator.value)
        for other in SEVERITIES[max(0, level - 1) : level + 2]:
            if other != indicator.value:
                id = f"{name} indicator: {indicator.value} -> {other}"
                yield Found(indicator.at, id, "indicator", (Edit(("indicator",), Text(indicator.at, other)),))
    ending = next(key for key in ("finding", "silent", "not_checked") if key in case)
    other = "not_checked" if ending == "silent" else "silent"
    gone = tuple(Edit((key,), None) for key in (*_FINDING, "silent", "not_checked") if key in case)
    edits = (*gone, Edit((other,), Text(case.at, "changed")))
    yield Found(case.at, f"{name} ending: {ending} -> {other}", "ending", edits)


def _offers(case: Fields, name: str) -> Iterator[Found]:
    """One suggestion, override reason or relation to other findings less."""
    for key in _OFFERED:
        node = case.get(key)
        several = texts(node)
        for place, each in enumerate(several):
            path: Path = (key, place) if len(several) > 1 else (key,)
            yield Found(each.at, f"{name} {key}: {each.value} dropped", key, (Edit(path, None),))
