"""The chart of one call: prefetch first, then what is missing from the FHIR server, side by side, in one budget."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from cds.chart.arrive import arrive, missing
from cds.chart.chart import Arrival, Chart, Entry, Source
from cds.chart.entries import DRUG_TYPES, Neighbours, drug_codes, index
from cds.chart.fetch import Fetch, fetch_all, read_medication_reference, the_medication
from cds.chart.fhir import FhirReader
from cds.chart.left_out import settle
from cds.chart.prefetch import read_prefetch
from cds.chart.prescriber import Prescriber, only_of, read_user, with_practitioner
from cds.clock import Monotonic
from cds.language.group import DataGroup
from cds.values.known import Reason, Unknown
from cds.wire.call import Call
from cds.wire.medication import read_medication

__all__ = ["gather", "read_medication_reference"]

MOST_MEDICATIONS = 20


def gather(
    call: Call,
    groups: Sequence[DataGroup],
    zone: ZoneInfo,
    reader: FhirReader | Unknown | None,
    budget_s: float,
    monotonic: Monotonic,
    *,
    never: Collection[str] = (),
) -> Chart:
    """Gather the data groups that a call needs.

    Args:
        call: the request; its prefetch comes first.
        groups: what is needed; an optional group that the client offers is passed without its ``optional``.
        zone: the site's time zone, in which days are counted.
        reader: of the call's FHIR server; an Unknown says why there is none, None that none is wanted.
        budget_s: seconds for everything that is read from the server.
        monotonic: the reader's clock.
        never: names of groups that this client never supplies, by the site's settings.
    """
    work = _Gathering(call, groups, zone, never)
    if isinstance(reader, FhirReader):
        deadline = monotonic() + budget_s
        for _ in range(2):  # what the first round brought may name a practitioner or Medications to read
            work.fetch(reader, deadline)
    refused = isinstance(reader, Unknown) and reader.reason is Reason.NOT_PERMITTED
    return Chart(settle(work.arrivals, work.fillable(), never, refused))


class _Gathering:
    """One call's arrivals on their way to a chart."""

    def __init__(self, call: Call, groups: Sequence[DataGroup], zone: ZoneInfo, never: Collection[str]) -> None:
        self._call = call
        self._zone = zone
        self._never = never
        self._asked: set[str] = set()
        self._reads_left = MOST_MEDICATIONS
        self._medications: dict[str, Mapping[str, Any]] = {}
        self._who = read_user(call.context.user)
        read = {
            group.name: read_prefetch(group, call.prefetch.get(group.name), call.context.patient_id, zone)
            for group in groups
        }
        self._who = with_practitioner(self._who, read.values())
        self.arrivals = {name: self._of_token(only_of(self._who, arrival)) for name, arrival in read.items()}

    def fillable(self) -> frozenset[str]:
        """Names of the groups whose token this call itself can fill."""
        named = replace(self._who, practitioner=self._who.practitioner if self._who.by_name else "")
        return frozenset(n for n, each in self.arrivals.items() if _token_value(each.group, self._call, named))

    def fetch(self, reader: FhirReader, deadline: float) -> None:
        """One round: everything that is still wanted and can be asked for by now, side by side."""
        queries = {name: query for name, query in self._queries() if query not in self._asked}
        reads = {
            reference: query
            for reference in _unread(self.arrivals.values())
            if (query := reader.instance_query(reference, "Medication")) and query not in self._asked
        }
        reads = dict(list(reads.items())[: self._reads_left])
        self._reads_left -= len(reads)
        if not queries and not reads:
            return
        self._asked.update(queries.values(), reads.values())
        fetched = fetch_all(reader, [Fetch(query) for query in (*queries.values(), *reads.values())], deadline)
        for reference, fetch in zip(reads, fetched[len(queries) :], strict=True):
            if (medication := the_medication(fetch)) is not None:
                self._medications[reference] = medication
        for name, fetch in zip(queries, fetched, strict=False):
            self.arrivals[name] = self._completed(self.arrivals[name], fetch)
        self._who = with_practitioner(self._who, self.arrivals.values())
        self.arrivals = {
            name: _with_medications(only_of(self._who, arrival), self._medications)
            for name, arrival in self.arrivals.items()
        }

    def _queries(self) -> Iterable[tuple[str, str]]:
        for name, arrival in self.arrivals.items():
            value = _token_value(arrival.group, self._call, self._who)
            if value and self._is_wanted(arrival):
                yield name, arrival.group.query(value)

    def _is_wanted(self, arrival: Arrival) -> bool:
        """Whether a group is to be read from the server. What the client looked for in vain is not (P-21, P-22)."""
        if arrival.truncated:
            return True
        if arrival.why is None or arrival.group.name in self._never:
            return False
        if arrival.group.optional and arrival.why.reason is Reason.NOT_SUPPLIED:
            return False
        return not any(self._answers(other) for other in self._alternatives(arrival.group))

    def _alternatives(self, group: DataGroup) -> Iterable[Arrival]:
        for other in self.arrivals.values():
            if group.alternative_to == other.group.name or other.group.alternative_to == group.name:
                yield other

    def _answers(self, other: Arrival) -> bool:
        """Whether an alternative makes a group needless: it arrived, and is not a role that names no specialty."""
        return other.why is None and not (other.entries and not other.by_code)

    def _of_token(self, arrival: Arrival) -> Arrival:
        """An empty answer to a query whose token this call cannot fill says nothing: it is as if it had not come."""
        empty = arrival.why is None and not arrival.entries and not arrival.broken
        if empty and not _token_value(arrival.group, self._call, self._who):
            return missing(arrival.group, Reason.NOT_SUPPLIED)
        return arrival

    def _completed(self, before: Arrival, fetch: Fetch) -> Arrival:
        """What was at hand, completed by what came from the server; a failure never takes away what was at hand."""
        if not fetch.pages:
            return before if before.why is None else missing(before.group, fetch.reason)
        after = arrive(before.group, fetch.pages, self._call.context.patient_id, self._zone, Source.SEARCH)
        if before.why is not None:
            return after
        if after.why is not None or (after.truncated and len(after.entries) < len(before.entries)):
            return before
        return after


def _token_value(group: DataGroup, call: Call, who: Prescriber) -> str:
    """What takes the place of a group's token, ready for a URL; empty when this call does not tell."""
    match group.token:
        case "context.patientId":
            value = call.context.patient_id
        case "context.encounterId":
            value = call.context.encounter_id
        case "userPractitionerId":
            value = who.practitioner
        case "userPractitionerRoleId":
            value = who.role
        case _:
            value = ""
    return quote(value, safe="") if value.strip(".") else ""


def _unread(arrivals: Iterable[Arrival]) -> Iterable[str]:
    """References to Medications that came with no order of the chart, each once."""
    entries = (each for arrival in arrivals if arrival.group.type in DRUG_TYPES for each in arrival.entries)
    return dict.fromkeys(
        each.medication.unread for each in entries if each.medication is not None and each.medication.unread
    )


def _with_medications(arrival: Arrival, medications: Mapping[str, Mapping[str, Any]]) -> Arrival:
    """An arrival whose drug entries name what the Medications that were read apart say."""
    if not any(each.medication and each.medication.unread in medications for each in arrival.entries):
        return arrival
    neighbours = Neighbours((), medications)
    entries = tuple(_with_medication(each, medications, neighbours) for each in arrival.entries)
    return replace(arrival, entries=entries, by_code=index(entries))


def _with_medication(entry: Entry, medications: Mapping[str, Mapping[str, Any]], neighbours: Neighbours) -> Entry:
    if entry.medication is None or entry.medication.unread not in medications:
        return entry
    medication = read_medication(entry.resource, neighbours)
    return replace(entry, medication=medication, codes=drug_codes(medication))
