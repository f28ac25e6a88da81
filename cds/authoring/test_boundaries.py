"""The limits that facts name, and whether a run stood exactly at one or just past it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from cds.authoring.test_evaluate import Run
from cds.facts.case import Case as Patient
from cds.language.fact import Fact
from cds.language.literals import read_count, read_quantity
from cds.language.node import Fields, Node, Text, fields, text, texts
from cds.language.pack import Compiled
from cds.language.plan import Rule
from cds.values.quantity import Quantity, UnitTable

AT, PAST = "at", "just past"
_WHOLE = frozenset({"d", "a", "{score}", "{count}"})
_LIMITS = ("at_least", "above", "below")
_GAPS = ("continues_within", "restarts_within")


@dataclass(frozen=True)
class Met:
    """A limit of a fact that a run met: which, and from which side."""

    fact: str
    limit: str
    side: str


@dataclass(frozen=True)
class Definition:
    """A fact as it is written: its full name, and what its parameters are looked up in."""

    name: str
    body: Fields

    @property
    def prefix(self) -> str:
        """``rule.`` of a rule's own fact; empty for the pack's."""
        return self.name.rpartition(".")[0] + "." if "." in self.name else ""

    @property
    def limits(self) -> tuple[str, ...]:
        """The limits that it names, as they are shown."""
        return tuple(limit for limit, _ in _limits(self))


Meets = Callable[["_View"], Iterator[str]]


@dataclass(frozen=True)
class _View:
    """One run as seen by one fact."""

    definition: Definition
    node: Text
    fact: Fact
    patient: Patient
    rule: Rule
    compiled: Compiled
    units: UnitTable

    @property
    def body(self) -> Fields:
        return self.definition.body

    def setting(self, node: Node | None) -> Any:
        """A parameter's value, the rule's own before the pack's, or what is written out."""
        if not isinstance(node, Text):
            return None
        own = self.rule.parameters if self.definition.prefix == f"{self.rule.name}." else {}
        found = own.get(node.value) or self.compiled.scope.parameters.get(node.value)
        if found is not None:
            return found.value
        count = read_count(node.value)
        return count if count is not None else read_quantity(node.value)

    def days(self, node: Node | None) -> int | None:
        """A number of days."""
        found = self.setting(node)
        return int(found.value) if isinstance(found, Quantity) else None

    def seen(self) -> Iterator[date]:
        """The days of everything that the fact's retrieves found, readable or not."""
        for retrieve in self.fact.built.retrieves:
            found = self.patient.found.get(retrieve.name)
            if found is None:
                continue
            yield from (item.day for item in found.items if item.day is not None)
            yield from (day for each in found.flawed if isinstance(day := getattr(each.when, "day", None), date))

    def value_of(self, name: str) -> tuple[date | None, Any]:
        """Day and value of another fact; nothing when it was not asked."""
        outcome = self.patient.outcomes.get(self.definition.prefix + name) or self.patient.outcomes.get(name)
        return (outcome.on, outcome.value) if outcome is not None else (None, None)


def met(definition: Definition, run: Run, rule: Rule, compiled: Compiled, units: UnitTable) -> Iterator[Met]:
    """The limits of a fact that a run met, if it asked for that fact."""
    patient = run.patient
    fact = patient.facts.get(definition.name) if patient is not None else None
    if patient is None or fact is None:
        return
    for limit, (node, meets) in _limits(definition):
        view = _View(definition, node, fact, patient, rule, compiled, units)
        for side in meets(view):
            yield Met(definition.name, limit, side)


@dataclass(frozen=True)
class Aim:
    """How far a run is from a limit.

    Attributes:
        day: the last day that counts, where days of resources are compared with it.
        later: by how many days something would have to be later to stand at the limit.
        times: by what a value would have to be multiplied to stand at the limit; 0 when it cannot be told.
        apart: how many days two resources must be apart; 0 where that is not asked.
    """

    day: date | None = None
    later: int = 0
    times: float = 0.0
    apart: int = 0


def aim(definition: Definition, limit: str, run: Run, rule: Rule, compiled: Compiled, units: UnitTable) -> Aim | None:
    """How far a run is from a limit of a fact; None when it does not ask for the fact, or has nothing to compare."""
    patient = run.patient
    fact = patient.facts.get(definition.name) if patient is not None else None
    if patient is None or fact is None:
        return None
    node, meets = dict(_limits(definition))[limit]
    return _aim(_View(definition, node, fact, patient, rule, compiled, units), meets)


def _aim(view: _View, meets: Meets) -> Aim | None:
    if meets in (_window, _since):
        return Aim(day=_opening(view) if meets is _window else _opening_since(view))
    if meets is _apart:
        return Aim(apart=view.days(view.node) or 0)
    if meets is _gap:
        gap, days = _days_off(view), view.days(view.node)
        return Aim(later=gap - days) if gap is not None and days is not None else None
    compared = _compared(view)
    if compared is None:
        return None
    value, wanted = compared
    return Aim(later=-round(wanted - value), times=wanted / value if value else 0.0)


def _limits(definition: Definition) -> Iterator[tuple[str, tuple[Text, Meets]]]:
    body = definition.body
    within, since = body.get("dated_within"), body.get("since")
    if isinstance(within, Text):
        yield f"dated_within {within.value}", (within, _window)
    for key in ("plus", "minus"):
        node = body.get(key)
        if isinstance(since, Text) and isinstance(node, Text):
            yield f"{key} {node.value}", (node, _since)
    apart = body.get("apart")
    if isinstance(apart, Text):
        yield f"apart {apart.value}", (apart, _apart)
    for key in _GAPS if "phase" in body else ():
        node = body.get(key)
        if isinstance(node, Text):
            yield f"{key} {node.value}", (node, _gap)
    for name, node in fields(body.get("band")):
        if isinstance(node, Text):
            beyond = name.value in {each.value for each in texts(body.get("beyond"))}
            yield f"band {name.value}", (node, _over if beyond else _reached)
    if "of" in body:
        for key in _LIMITS:
            node = body.get(key)
            if isinstance(node, Text):
                yield f"{key} {node.value}", (node, _over if key == "above" else _reached)


def _window(view: _View) -> Iterator[str]:
    opening = _opening(view)
    if opening is not None:
        yield from _sides(view.seen(), opening)


def _opening(view: _View) -> date | None:
    """The first day of a window that ends today."""
    days = view.days(view.node)
    if days is None:
        return None
    counted = view.setting(view.body.get("first_day_counts"))
    first = str(counted or text(view.body.get("first_day_counts"))) == "yes"
    return view.patient.today - timedelta(days=days - 1 if first else days)


def _since(view: _View) -> Iterator[str]:
    opening = _opening_since(view)
    if opening is not None:
        yield from _sides(view.seen(), opening)


def _opening_since(view: _View) -> date | None:
    """The first day of a window that begins with another fact."""
    begun, _ = view.value_of(text(view.body.get("since")))
    plus, minus = view.days(view.body.get("plus")) or 0, view.days(view.body.get("minus")) or 0
    return begun + timedelta(days=plus - minus) if begun is not None else None


def _sides(days: Iterator[date], opening: date) -> Iterator[str]:
    for day in days:
        if day == opening:
            yield AT
        elif day == opening - timedelta(days=1):
            yield PAST


def _apart(view: _View) -> Iterator[str]:
    apart = view.days(view.node)
    for earlier, later in pairwise(sorted(set(view.seen()))):
        if apart is not None and (later - earlier).days == apart:
            yield AT
        elif apart is not None and (later - earlier).days == apart - 1:
            yield PAST


def _gap(view: _View) -> Iterator[str]:
    gap, days = _days_off(view), view.days(view.node)
    if gap is not None and days is not None and gap in (days, days + 1):
        yield AT if gap == days else PAST


def _days_off(view: _View) -> int | None:
    """How many days ago the last course ended."""
    course = view.fact.built.detail(view.patient) if view.fact.built.detail is not None else None
    end = getattr(course, "end", None)
    return (view.patient.today - end).days if isinstance(end, date) else None


def _reached(view: _View) -> Iterator[str]:
    yield from _against(view, below=True)


def _over(view: _View) -> Iterator[str]:
    yield from _against(view, below=False)


def _against(view: _View, below: bool) -> Iterator[str]:
    """Whether a value stands at a limit, or on its other side by one step: a hundredth, or one of what is counted."""
    compared = _compared(view)
    if compared is None:
        return
    value, wanted = compared
    distance = (wanted - value) if below else (value - wanted)
    step = max(1.0 if view.value_of(text(view.body.get("of")))[1].unit in _WHOLE else 0.0, abs(wanted) / 100)
    if abs(distance) <= abs(wanted) * 1e-9:
        yield AT
    elif 0 < distance <= step:
        yield PAST


def _compared(view: _View) -> tuple[float, float] | None:
    """A value and its limit, in the value's unit."""
    _, value = view.value_of(text(view.body.get("of")))
    limit = view.setting(view.node)
    if not isinstance(value, Quantity) or not isinstance(limit, Quantity) or value.comparator:
        return None
    mine, theirs = view.units.find(limit.unit), view.units.find(value.unit)
    wanted = limit.value * mine.factor / theirs.factor if mine is not None and theirs is not None else limit.value
    return value.value, wanted


def definitions(written: Mapping[str, Fields]) -> tuple[Definition, ...]:
    """Facts as they are written, those that name a limit."""
    found = (Definition(name, body) for name, body in written.items())
    return tuple(each for each in found if each.limits)
