"""Moves one day or one value of a draft to a limit, or just past it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from cds.authoring.cover_atoms import Step
from cds.authoring.cover_draft import Draft, set_field
from cds.authoring.cover_items import Item
from cds.authoring.cover_try import Bench, Probe
from cds.authoring.test_boundaries import PAST, Aim, Definition, aim
from cds.authoring.test_dates import read_when
from cds.language.node import Fields, Text, fields, text
from cds.values.diagnostic import Position

_NUMBER = re.compile(r"(\d+(?:\.\d+)?)(\s.*)?\Z")
_VALUES = ("value", "dose", "supply", "upper_limit")
_AT = Position("", 1, 1)


def at_limit(bench: Bench, probe: Probe, definition: Definition, item: Item, steps: Sequence[Step]) -> Iterator[Draft]:
    """Drafts that differ from a draft in one date or one value, which stands at the limit or one step past it.

    Args:
        bench: tries drafts.
        probe: a draft that asks for the fact.
        definition: of the fact.
        item: fact, limit and side.
        steps: lines that may be added, where the draft has none whose date could be moved.
    """
    _, limit, side = item.key
    trial = probe.trial
    units = bench.pack.library.shared.units
    found = aim(definition, limit, probe.run, trial.rule, trial.compiled, units)
    if found is None:
        return
    past = side == PAST
    fact = probe.run.patient.facts[definition.name] if probe.run.patient is not None else None
    read = {each.name for each in fact.built.retrieves} if fact is not None else set()
    if found.day is not None:
        yield from _on(probe.draft, found.day - timedelta(days=past), trial.today, read, steps)
    elif found.apart:
        yield from _apart(probe.draft, found.apart - past, trial.today, read)
    else:
        yield from _moved(probe.draft, found, trial.today)
        yield from _scaled(probe.draft, found)
        if isinstance(bench.common.defaults.get("order"), Fields):
            yield from _order_scaled(probe.draft, fields(bench.common.defaults.get("order")), found)


def ago(day: date, today: date) -> str:
    """A day as tests write it."""
    days = (today - day).days
    if days == 0:
        return "today"
    return f"{abs(days)} day{'s' if abs(days) != 1 else ''} {'ago' if days > 0 else 'ahead'}"


def day_of(body: Fields, today: date) -> date | None:
    """The day of a line."""
    written = read_when(text(body.get("date"), "today"), today)
    try:
        return date.fromisoformat(written[:10]) if written is not None else None
    except ValueError:
        return None


def _on(draft: Draft, day: date, today: date, read: set[str], steps: Sequence[Step]) -> Iterator[Draft]:
    places = [place for place, (name, _) in enumerate(draft.lines) if name in read]
    for place in places:
        yield draft.with_field(place, "date", ago(day, today))
    if places:
        return
    for step in steps:
        longer = step(draft)
        if len(longer.lines) == len(draft.lines) + 1 and longer.lines[-1][0] in read:
            yield longer.with_field(len(draft.lines), "date", ago(day, today))


def _apart(draft: Draft, days: int, today: date, read: set[str]) -> Iterator[Draft]:
    for place, (name, body) in enumerate(draft.lines):
        day = day_of(body, today)
        if name not in read or day is None:
            continue
        for other in range(len(draft.lines)):
            if other != place and draft.lines[other][0] in read:
                yield draft.with_field(other, "date", ago(day - timedelta(days=days), today))
                yield draft.with_field(other, "date", ago(day + timedelta(days=days), today))
        yield draft.with_line(name, set_field(body, "date", Text(_AT, ago(day - timedelta(days=days), today))))


def _moved(draft: Draft, found: Aim, today: date) -> Iterator[Draft]:
    """Every dated line moved by what is lacking, and by a day more or less."""
    for place, (name, body) in enumerate(draft.lines):
        key = "birth_date" if name == "patient" else "date"
        written = read_when(text(body.get(key), "" if name == "patient" else "today"), today)
        if written is None:
            continue
        try:
            day = date.fromisoformat(written[:10])
        except ValueError:
            continue
        for more in (0, -1, 1):
            try:
                moved = day + timedelta(days=found.later + more)
            except OverflowError:
                continue
            yield draft.with_field(place, key, ago(moved, today))


def _scaled(draft: Draft, found: Aim) -> Iterator[Draft]:
    """Every number multiplied by what is lacking, and by a little more or less."""
    for place, (_, body) in enumerate(draft.lines):
        for key in _VALUES:
            for words in _numbers(text(body.get(key)), found):
                yield draft.with_field(place, key, words)


def _order_scaled(draft: Draft, usual: Fields, found: Aim) -> Iterator[Draft]:
    order = fields(draft.option("order"))
    for key in _VALUES:
        for words in _numbers(text(order.get(key) or usual.get(key)), found):
            yield draft.with_option("order", set_field(order, key, Text(_AT, words)))


def _numbers(words: str, found: Aim) -> Iterator[str]:
    match = _NUMBER.match(words)
    if match is None or not found.times:
        return
    number, unit = float(match[1]), match[2] or ""
    at = number * found.times
    below, above = at - at / 200, at + at / 200
    for value in (at, below, above, at - 1, at + 1, at - found.later):
        if value > 0:
            yield f"{round(value, 4):g}{unit}"
