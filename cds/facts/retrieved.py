"""Retrieves at work: the resources that fit, those that cannot be judged, and what may be missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from cds.chart.chart import Arrival, Chart, Entry
from cds.chart.when import clinical_date
from cds.facts.identify import Identity, identify, marked
from cds.facts.reading import meaning_of, quantity_of, score_of
from cds.facts.sorting import Sorted, sorter
from cds.facts.status import NEVER, status_of
from cds.language.retrieve import Drug, Retrieve, Setting
from cds.values.codes import CodeLine
from cds.values.dates import Coarse, Day, When
from cds.values.known import Evidence, Reason, Unknown
from cds.values.quantity import Quantity
from cds.wire.medication import codings, words

_AHEAD = timedelta(days=1)  # clocks and time zones differ; a later date is a mistake
_PATIENT_LIKE = frozenset({"Patient", "RelatedPerson"})


@dataclass(frozen=True, slots=True)
class Item:
    """A resource that fits: when, what it is called, and its value where the retrieve reads one."""

    entry: Entry = field(repr=False)
    when: When
    label: str
    value: Quantity | None = None
    strength: str = ""

    @property
    def day(self) -> date | None:
        """Its calendar day, or None when the date is missing or too coarse."""
        return self.when.day if isinstance(self.when, Day) else None

    @property
    def evidence(self) -> Evidence:
        """The item as evidence."""
        shown = f"{self.label} {self.value}" if self.value is not None else self.label
        return Evidence(self.entry.where, self.day, shown)


@dataclass(frozen=True, slots=True)
class Flawed:
    """A resource of the right kind whose value, meaning or drug cannot be told."""

    entry: Entry = field(repr=False)
    when: When
    why: Unknown
    label: str = ""


@dataclass(frozen=True)
class Retrieved:
    """What a retrieve found in one chart.

    Attributes:
        items: resources that fit, in the order in which they came.
        flawed: resources that may fit and cannot be judged.
        why: reasons for which a group could not be had at all.
        truncated: groups with unread pages, and the day from which on each is complete (None: nowhere).
        broken: resources of the groups that could not be read at all.
    """

    retrieve: Retrieve
    items: tuple[Item, ...] = ()
    flawed: tuple[Flawed, ...] = ()
    why: tuple[Unknown, ...] = ()
    truncated: tuple[tuple[str, date | None], ...] = ()
    broken: tuple[Unknown, ...] = ()

    @property
    def is_bare(self) -> bool:
        """Whether there is nothing to be seen and nothing that may hide: the usual case, and quick to tell."""
        return not (self.items or self.flawed or self.why or self.truncated or self.broken)

    def may_hide(self, since: date | None) -> tuple[Unknown, ...]:
        """Reasons for which something that fits may exist, on or after a day (None: ever), and not be seen.

        Single resources that cannot be judged count only where the retrieve says ``doubtful: unknown``.
        """
        hidden = list(self.why)
        for group, complete in self.truncated:
            if since is None or complete is None or complete > since:
                hidden.append(Unknown(Reason.TRUNCATED, group))
        if self.retrieve.doubtful == "unknown":
            hidden.extend(self.broken)
            hidden.extend(each.why for each in self.flawed if _may_be_since(each.when, since))
        return tuple(hidden)


def _may_be_since(when: When, since: date | None) -> bool:
    if since is None:
        return True
    match when:
        case Day(day):
            return day >= since
        case Coarse(latest=latest):
            return latest >= since
        case _:
            return True


class Chartwork:
    """One chart as retrieves look at it: each resource's status, date and meaning worked out at most once.

    Args:
        chart: how the groups arrived.
        session: references of the orders being written just now, which are no part of the history.
        by_group: the retrieves that look for codes, by data group; those not in it are looked for one by one.
    """

    def __init__(
        self,
        chart: Chart,
        today: date,
        zone: ZoneInfo,
        session: frozenset[str],
        by_group: Mapping[str, tuple[Retrieve, ...]],
    ) -> None:
        self.chart = chart
        self.today = today
        self.zone = zone
        self.session = session
        self._by_group = by_group
        self._sorted: dict[str, Sorted] = {}
        self._plain: dict[str, bool] = {}
        self._in_group: dict[str, frozenset[Retrieve]] = {}
        self._statuses: dict[int, str] = {}
        self._dates: dict[tuple[int, tuple[str, ...]], When] = {}
        self._meanings: dict[tuple[int, int], str | None] = {}
        self._identities: dict[tuple[int, str], Identity | None] = {}

    def run(self, retrieve: Retrieve) -> Retrieved:
        """Look for what a retrieve describes."""
        if all(self._holds_nothing_for(retrieve, group) for group in retrieve.groups):
            return nothing(retrieve)
        return _Search(retrieve, self).over()

    def _holds_nothing_for(self, retrieve: Retrieve, group: str) -> bool:
        """Whether a group arrived whole and sound, and holds no code that the retrieve looks for."""
        arrival = self.chart.arrivals.get(group)
        if arrival is None or arrival.left_out:
            return True
        if group not in self._plain:
            self._plain[group] = not (arrival.why or arrival.truncated or arrival.broken or _has_unread(arrival))
        if not self._plain[group] or retrieve.words is not None or retrieve.drug is not None or retrieve.codes is None:
            return False
        return retrieve in self._members(group) and not self.coded(retrieve, arrival)

    def _members(self, group: str) -> frozenset[Retrieve]:
        if group not in self._in_group:
            self._in_group[group] = frozenset(self._by_group.get(group, ()))
        return self._in_group[group]

    def coded(self, retrieve: Retrieve, arrival: Arrival) -> Iterable[tuple[Entry, CodeLine]]:
        """The entries of a group whose codes a retrieve looks for."""
        group = arrival.group.name
        if group not in self._sorted:
            self._sorted[group] = sorter(self._by_group.get(group, (retrieve,))).sort(arrival)
        if retrieve in self._members(group):
            return self._sorted[group].get(retrieve.name, ())
        return sorter((retrieve,)).sort(arrival).get(retrieve.name, ())

    def status(self, entry: Entry) -> str:
        """The entry's status."""
        known = self._statuses.get(id(entry))
        if known is None:
            known = self._statuses[id(entry)] = status_of(entry.resource, entry.type, self.today, self.zone)
        return known

    def when(self, entry: Entry, date_at: tuple[str, ...]) -> When:
        """The entry's date, from the elements named or those of its type."""
        key = (id(entry), date_at)
        known = self._dates.get(key)
        if known is None:
            known = self._dates[key] = clinical_date(entry.resource, entry.type, self.zone, date_at)
        return known

    def meaning(self, entry: Entry, retrieve: Retrieve) -> str | None:
        """What the entry's result means, in the terms of the retrieve's readings."""
        key = (id(entry), id(retrieve.readings))
        if key not in self._meanings:
            self._meanings[key] = meaning_of(entry.resource, retrieve.readings, retrieve.scale)
        return self._meanings[key]

    def identity(self, entry: Entry, drug: Drug) -> Identity | None:
        """How the entry's medication is the drug, or None."""
        key = (id(entry), drug.name)
        if key not in self._identities:
            medication = entry.medication
            self._identities[key] = identify(medication, drug) if medication is not None else None
        return self._identities[key]


@lru_cache(maxsize=4096)
def nothing(retrieve: Retrieve) -> Retrieved:
    """That a retrieve found nothing, and nothing is hidden from it."""
    return Retrieved(retrieve)


def _has_unread(arrival: Arrival) -> bool:
    return any(entry.medication is not None and entry.medication.unread for entry in arrival.entries)


def run(retrieve: Retrieve, chart: Chart, today: date, zone: ZoneInfo, session: frozenset[str]) -> Retrieved:
    """Look for what one retrieve describes, apart from any case."""
    return Chartwork(chart, today, zone, session, {}).run(retrieve)


class _Search:
    def __init__(self, retrieve: Retrieve, work: Chartwork) -> None:
        self.retrieve = retrieve
        self.work = work
        self.items: list[Item] = []
        self.flawed: list[Flawed] = []

    def over(self) -> Retrieved:
        why: list[Unknown] = []
        truncated: list[tuple[str, date | None]] = []
        broken: list[Unknown] = []
        for name in self.retrieve.groups:
            arrival = self.work.chart.arrivals.get(name)
            if arrival is None or arrival.left_out:
                continue
            if arrival.why is not None:
                why.append(arrival.why)
            if arrival.truncated:
                truncated.append((name, arrival.complete_since))
            broken.extend(arrival.broken)
            for entry, label, strength in self.candidates(arrival):
                self.judge(entry, label, strength, name)
        return Retrieved(
            self.retrieve, tuple(self.items), tuple(self.flawed), tuple(why), tuple(truncated), tuple(broken)
        )

    # ---------------------------------------------------------- what it is

    def candidates(self, arrival: Arrival) -> Iterator[tuple[Entry, str, str]]:
        """Entries of the arrival that are what the retrieve looks for, with a label and a stated strength."""
        retrieve = self.retrieve
        if retrieve.drug is not None:
            yield from self.of_drug(arrival)
            return
        if retrieve.codes is None and retrieve.words is None:
            for entry in arrival.entries:
                if not retrieve.coded or entry.codes or self.has_words(entry.resource):
                    yield entry, self.label(retrieve.name), ""
            return
        seen: set[int] = set()
        if retrieve.codes is not None:
            for entry, line in self.work.coded(retrieve, arrival):
                seen.add(id(entry))
                yield entry, self.label(line.display), line.strength
            self.note_unread(arrival, seen)
        if retrieve.words is not None:
            for entry in arrival.entries:
                if id(entry) not in seen and self.worded(entry.resource):
                    yield entry, self.label(retrieve.name), ""

    def label(self, display: str) -> str:
        return self.retrieve.called or display

    def of_drug(self, arrival: Arrival) -> Iterator[tuple[Entry, str, str]]:
        drug = self.retrieve.drug
        for entry in arrival.entries:
            if drug is None or entry.medication is None:
                continue
            identity = self.work.identity(entry, drug)
            if identity is not None:
                yield entry, self.label(drug.title), identity.strength
            elif entry.medication.unread and not (entry.medication.codings or entry.medication.texts):
                self.cannot_tell(entry, arrival.group.name)

    def note_unread(self, arrival: Arrival, seen: set[int]) -> None:
        for entry in arrival.entries:
            medication = entry.medication
            if medication is not None and medication.unread and not medication.codings and id(entry) not in seen:
                self.cannot_tell(entry, arrival.group.name)

    def cannot_tell(self, entry: Entry, group: str) -> None:
        if self.counts(entry):
            when = self.when(entry)
            self.flawed.append(Flawed(entry, when, Unknown(Reason.UNUSABLE_VALUE, group, entry.where)))

    def worded(self, resource: Mapping[str, Any]) -> bool:
        pattern = self.retrieve.words
        return pattern is not None and any(pattern.search(text) for text in self.said(resource))

    def has_words(self, resource: Mapping[str, Any]) -> bool:
        return any(text.strip() for text in self.said(resource))

    def said(self, resource: Mapping[str, Any]) -> Iterator[str]:
        for name in self.retrieve.code_at:
            several = resource.get(name)
            for concept in several if isinstance(several, list) else [several]:
                yield from words(concept)

    # ------------------------------------------------------ whether it counts

    def counts(self, entry: Entry) -> bool:
        """Whether status and session leave the entry in; an entry without a status stays in, to be judged."""
        if entry.where in self.work.session or self.is_of_another_form(entry):
            return False
        status = self.work.status(entry)
        if status == NEVER:
            return False
        return not status or not self.retrieve.statuses or status in self.retrieve.statuses

    def is_of_another_form(self, entry: Entry) -> bool:
        unless = self.retrieve.unless
        return unless is not None and entry.medication is not None and marked(entry.medication, unless)

    def when(self, entry: Entry) -> When:
        return self.work.when(entry, self.retrieve.date_at)

    def judge(self, entry: Entry, label: str, strength: str, group: str) -> None:
        retrieve = self.retrieve
        if not self.counts(entry):
            return
        when = self.when(entry)
        begins = _begins(when)
        if begins is not None and begins > self.work.today + _AHEAD and not retrieve.ahead:
            return
        if retrieve.setting is not None and not in_setting(entry.resource, retrieve.setting):
            return
        item = self.read(entry, when, label, strength)
        if isinstance(item, Item):
            self.items.append(item)
        elif item:
            self.flawed.append(Flawed(entry, when, Unknown(Reason.UNUSABLE_VALUE, group, entry.where), label))

    def read(self, entry: Entry, when: When, label: str, strength: str) -> Item | bool:
        """The item; or whether the entry cannot be judged (True) or says something that is not wanted (False)."""
        retrieve = self.retrieve
        if retrieve.statuses and not self.work.status(entry):
            return True
        if retrieve.readings:
            meaning = self.work.meaning(entry, retrieve)
            if meaning is None or (retrieve.wanted and meaning not in retrieve.wanted):
                return meaning is None
            return Item(entry, when, f"{label}: {meaning}", None, strength)
        value = self.value(entry.resource)
        if value is None and retrieve.value != "none":
            return True
        return Item(entry, when, label, value, strength)

    def value(self, resource: Mapping[str, Any]) -> Quantity | None:
        if self.retrieve.value == "quantity" and self.retrieve.scale is not None:
            return quantity_of(resource, self.retrieve.scale)
        if self.retrieve.value == "score":
            return score_of(resource, self.retrieve.scores)
        return None


def _begins(when: When) -> date | None:
    match when:
        case Day(day):
            return day
        case Coarse(earliest=earliest):
            return earliest
        case _:
            return None


def in_setting(resource: Mapping[str, Any], setting: Setting) -> bool:
    """Whether a result was obtained where it must be: by whom, else by its category; certain words speak against it."""
    if setting.never_words is not None:
        notes = resource.get("note")
        said = [*words(resource.get("method"))]
        for note in notes if isinstance(notes, list) else []:
            if isinstance(note, Mapping) and isinstance(note.get("text"), str):
                said.append(note["text"])
        if any(setting.never_words.search(text) for text in said):
            return False
    performers = performer_types(resource)
    if performers:
        return not performers & _PATIENT_LIKE and bool(performers & setting.performers)
    categories = resource.get("category")
    several = categories if isinstance(categories, list) else [categories]
    return any(code.code == setting.category for concept in several for code in codings(concept))


def performer_types(resource: Mapping[str, Any]) -> frozenset[str]:
    """The resource types of ``performer``, from each reference or its stated type."""
    performers = resource.get("performer")
    found = set()
    for each in performers if isinstance(performers, list) else [performers]:
        if not isinstance(each, Mapping):
            continue
        stated, reference = each.get("type"), each.get("reference")
        if isinstance(stated, str):
            found.add(stated)
        elif isinstance(reference, str) and "/" in reference:
            found.add(reference.rsplit("/", 2)[-2])
    return frozenset(found)
