"""A retrieve at work on the groups of a chart: what it looks for, what counts, what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from cds.chart.chart import Arrival, Entry
from cds.facts.identify import marked
from cds.facts.obtained import in_setting
from cds.facts.reading import has_value, quantity_of, score_of
from cds.facts.retrieved import Flawed, Item, Retrieved
from cds.facts.status import NEVER
from cds.language.retrieve import Retrieve
from cds.values.dates import Coarse, Day, When
from cds.values.known import Reason, Unknown
from cds.values.quantity import Quantity

if TYPE_CHECKING:
    from cds.facts.chartwork import Chartwork

_AHEAD = timedelta(days=1)  # clocks and time zones differ; a later date is a mistake


class Search:
    """One retrieve over one chart."""

    def __init__(self, retrieve: Retrieve, work: Chartwork) -> None:
        self.retrieve = retrieve
        self.work = work
        self.items: list[Item] = []
        self.flawed: list[Flawed] = []

    def over(self) -> Retrieved:
        """Everything that the retrieve finds, in all its groups."""
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
                if not retrieve.coded or entry.codes or self.said(entry):
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
                if id(entry) not in seen and self.worded(entry):
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
            if medication is None or id(entry) in seen or not medication.unread:
                continue
            if not (medication.codings or medication.texts):
                self.cannot_tell(entry, arrival.group.name)

    def cannot_tell(self, entry: Entry, group: str) -> None:
        if self.counts(entry):
            when = self.when(entry)
            self.flawed.append(Flawed(entry, when, Unknown(Reason.UNUSABLE_VALUE, group, entry.where)))

    def worded(self, entry: Entry) -> bool:
        """Whether the words of an entry say it: those of its medication, or of the elements named."""
        pattern = self.retrieve.words
        said = entry.medication.texts if entry.medication is not None else self.said(entry)
        return pattern is not None and any(pattern.search(text) for text in said)

    def said(self, entry: Entry) -> tuple[str, ...]:
        return self.work.said(entry, self.retrieve.code_at)

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
            says = next(each.says for each in retrieve.readings if each.meaning == meaning)
            return Item(entry, when, f"{label}: {says}", None, strength)
        if retrieve.value == "any" and not has_value(entry.resource):
            return True
        value = self.value(entry.resource)
        if value is None and retrieve.value in ("quantity", "score"):
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
