"""From the pages of one group to its arrival: what came, and how far back it is complete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from cds.chart.chart import Arrival, Source
from cds.chart.entries import Reading, index, read_entries
from cds.chart.page import Page, are_partial
from cds.chart.when import sort_date
from cds.language.group import DataGroup
from cds.values.dates import Day
from cds.values.known import Reason, Unknown


def arrive(group: DataGroup, pages: Sequence[Page], patient_id: str, zone: ZoneInfo, source: Source) -> Arrival:
    """The arrival of a group from its pages.

    Args:
        group: the definition.
        pages: at least one, in order.
        patient_id: whose resources count.
        zone: the site's time zone, in which days are counted.
        source: where the pages came from.
    """
    reading = read_entries(group, pages, patient_id)
    if not reading.entries and not reading.broken:
        if reading.of_other_types and not reading.foreign:
            return missing(group, Reason.NOT_SUPPLIED if source is Source.PREFETCH else Reason.UNUSABLE_VALUE)
        if reading.foreign and group.is_read:
            return missing(group, Reason.UNUSABLE_VALUE, reading.foreign)
    if group.is_read:
        return _of_read(group, reading, source, are_partial(pages))
    truncated = are_partial(pages)
    return Arrival(
        group=group,
        source=source,
        entries=reading.entries,
        truncated=truncated,
        complete_since=_complete_since(group, pages, reading, zone) if truncated else None,
        broken=reading.broken or _only_foreign(group, reading),
        by_code=index(reading.entries),
        foreign=reading.foreign,
    )


def missing(group: DataGroup, reason: Reason, foreign: int = 0) -> Arrival:
    """A group of which nothing at all could be had."""
    return Arrival(group, Source.NOWHERE, why=Unknown(reason, group.name), foreign=foreign)


def _of_read(group: DataGroup, reading: Reading, source: Source, truncated: bool) -> Arrival:
    """An instance read has one resource: of a Bundle that came in its place, the first one counts."""
    first = reading.entries[:1]
    return Arrival(
        group=group,
        source=source,
        entries=first,
        truncated=truncated and not first,
        broken=() if first else reading.broken,
        by_code=index(first),
        foreign=reading.foreign,
    )


def _only_foreign(group: DataGroup, reading: Reading) -> tuple[Unknown, ...]:
    """A set with nothing but other patients' resources was hardly searched for this patient: no proof of absence."""
    if reading.foreign and not reading.entries:
        return (Unknown(Reason.UNUSABLE_VALUE, group.name, f"{group.type}/?"),)
    return ()


def _complete_since(group: DataGroup, pages: Sequence[Page], reading: Reading, zone: ZoneInfo) -> date | None:
    """The day after the oldest date at hand, since the next page may go on with the same day.

    Only if every resource has a day by which the server must have sorted it, these days descend, and nothing says
    that resources are missing in between.
    """
    if reading.broken or not reading.resources or any(page.incomplete for page in pages):
        return None
    days = _days(group, reading.resources, zone)
    if days is None or any(later > earlier for earlier, later in pairwise(days)):
        return None
    return days[-1] + timedelta(days=1) if days[-1] < date.max else None


def _days(group: DataGroup, resources: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> list[date] | None:
    days: list[date] = []
    for resource in resources:
        when = sort_date(resource, group.type, group.sort, zone)
        if not isinstance(when, Day):
            return None
        days.append(when.day)
    return days
