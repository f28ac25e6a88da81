"""FHIR dates: their precision, and the calendar day that they stand for in the site's time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?\Z")
_INSTANT = re.compile(r"(\d{4})-(\d{2})-(\d{2})T")


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day that a FHIR date stands for."""

    day: date


@dataclass(frozen=True, slots=True)
class Coarse:
    """A year or a month alone: known, but too coarse for a window of days. Holds the first and last day it may be."""

    earliest: date
    latest: date


@dataclass(frozen=True, slots=True)
class NoDate:
    """No date at all, or text that is no FHIR date."""


When = Day | Coarse | NoDate
NO_DATE = NoDate()


def read_date(text: object, zone: ZoneInfo) -> When:
    """Read a FHIR ``date``, ``dateTime`` or ``instant`` leniently.

    A time with an offset is brought into ``zone`` before its day is taken; without one its own day counts.

    >>> read_date("2026-11-24T23:30:00-05:00", ZoneInfo("UTC"))
    Day(day=datetime.date(2026, 11, 25))
    """
    if not isinstance(text, str):
        return NO_DATE
    try:
        plain = _DATE.match(text)
        if plain is not None:
            return _plain(plain)
        if _INSTANT.match(text) is None:
            return NO_DATE
        moment = datetime.fromisoformat(text)
        return Day((moment.astimezone(zone) if moment.tzinfo else moment).date())
    except (ValueError, OverflowError):
        return NO_DATE


def _plain(found: re.Match[str]) -> When:
    year, month, day = found.groups()
    if day is not None:
        return Day(date(int(year), int(month), int(day)))
    if month is not None:
        first = date(int(year), int(month), 1)
        after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        return Coarse(first, date.fromordinal(after.toordinal() - 1))
    return Coarse(date(int(year), 1, 1), date(int(year), 12, 31))


def years_between(earlier: date, later: date) -> int:
    """Completed years, as an age is counted: a birthday on 29 February is kept on 1 March in other years."""
    return later.year - earlier.year - ((later.month, later.day) < (earlier.month, earlier.day))
