"""The only place that reads the computer's clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

Today = Callable[[], date]
Monotonic = Callable[[], float]
UnixNow = Callable[[], float]


def today_in(zone: str) -> Today:
    """A function that tells today's calendar date in an IANA time zone, the zone in which a site counts days.

    Raises:
        zoneinfo.ZoneInfoNotFoundError: when the zone is unknown.
    """
    place = ZoneInfo(zone)
    return lambda: datetime.now(place).date()


def fixed(day: date) -> Today:
    """A clock that always tells the same day: for tests, demonstrations and replays."""
    return lambda: day


def utc_now() -> datetime:
    """The present moment, for records."""
    return datetime.now(UTC)


monotonic: Monotonic = time.monotonic


def unix_now() -> float:
    """The present moment in seconds since 1970, as tokens say it (RFC 7519, NumericDate)."""
    return time.time()
