"""One chart as retrieves look at it: each resource's status, date and meaning worked out at most once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from zoneinfo import ZoneInfo

from cds.chart.chart import Arrival, Chart, Entry
from cds.chart.when import clinical_date
from cds.facts.identify import Identity, identify
from cds.facts.reading import meaning_of
from cds.facts.retrieved import Retrieved, nothing
from cds.facts.search import Search
from cds.facts.sorting import Sorted, sorter
from cds.facts.status import status_of
from cds.language.retrieve import Drug, Retrieve
from cds.values.codes import CodeLine
from cds.values.dates import When
from cds.wire.medication import words


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
        self._sorted: dict[str, tuple[frozenset[Retrieve], Sorted]] = {}
        self._plain: dict[str, bool] = {}
        self._statuses: dict[int, str] = {}
        self._dates: dict[tuple[int, tuple[str, ...]], When] = {}
        self._meanings: dict[tuple[int, int], str | None] = {}
        self._said: dict[tuple[int, tuple[str, ...]], tuple[str, ...]] = {}
        self._identities: dict[tuple[int, str], Identity | None] = {}

    def run(self, retrieve: Retrieve) -> Retrieved:
        """Look for what a retrieve describes."""
        for group in retrieve.groups:
            if not self._holds_nothing_for(retrieve, group):
                return Search(retrieve, self).over()
        return nothing(retrieve)

    def _holds_nothing_for(self, retrieve: Retrieve, group: str) -> bool:
        """Whether a group arrived whole and sound, and is empty or holds no code that the retrieve looks for."""
        arrival = self.chart.arrivals.get(group)
        if arrival is None or arrival.left_out:
            return True
        plain = self._plain.get(group)
        if plain is None:
            plain = not (arrival.why or arrival.truncated or arrival.broken or _has_unread(arrival))
            self._plain[group] = plain
        if not plain or not arrival.entries:
            return plain
        if retrieve.words is not None or retrieve.drug is not None or retrieve.codes is None:
            return False
        members, found = self._sorting(arrival)
        return retrieve in members and retrieve.name not in found

    def coded(self, retrieve: Retrieve, arrival: Arrival) -> Iterable[tuple[Entry, CodeLine]]:
        """The entries of a group whose codes a retrieve looks for."""
        members, found = self._sorting(arrival)
        if retrieve not in members:
            found = sorter((retrieve,)).sort(arrival)
        return found.get(retrieve.name, ())

    def _sorting(self, arrival: Arrival) -> tuple[frozenset[Retrieve], Sorted]:
        """The retrieves that are looked for in a group together, and what was found for each; worked out once."""
        group = arrival.group.name
        known = self._sorted.get(group)
        if known is None:
            together = sorter(self._by_group.get(group, ()))
            known = self._sorted[group] = (together.retrieves, together.sort(arrival))
        return known

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

    def said(self, entry: Entry, elements: tuple[str, ...]) -> tuple[str, ...]:
        """The words of the elements named of an entry."""
        key = (id(entry), elements)
        known = self._said.get(key)
        if known is None:
            several = (entry.resource.get(name) for name in elements)
            concepts = [each for value in several for each in (value if isinstance(value, list) else [value])]
            known = self._said[key] = tuple([text for each in concepts for text in words(each)])
        return known

    def identity(self, entry: Entry, drug: Drug) -> Identity | None:
        """How the entry's medication is the drug, or None."""
        key = (id(entry), drug.name)
        if key not in self._identities:
            medication = entry.medication
            self._identities[key] = identify(medication, drug) if medication is not None else None
        return self._identities[key]


def _has_unread(arrival: Arrival) -> bool:
    return any(entry.medication is not None and entry.medication.unread for entry in arrival.entries)


def run(retrieve: Retrieve, chart: Chart, today: date, zone: ZoneInfo, session: frozenset[str]) -> Retrieved:
    """Look for what one retrieve describes, apart from any case."""
    return Chartwork(chart, today, zone, session, {}).run(retrieve)
