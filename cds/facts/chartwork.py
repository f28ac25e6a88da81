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
        return Search(retrieve, self).over()

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


def _has_unread(arrival: Arrival) -> bool:
    return any(entry.medication is not None and entry.medication.unread for entry in arrival.entries)


def run(retrieve: Retrieve, chart: Chart, today: date, zone: ZoneInfo, session: frozenset[str]) -> Retrieved:
    """Look for what one retrieve describes, apart from any case."""
    return Chartwork(chart, today, zone, session, {}).run(retrieve)
