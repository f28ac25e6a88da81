"""Moments as text of one fixed width in UTC, so that they sort and compare alike in every database."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from cds import clock

UtcNow = Callable[[], str]
"""Tells the present moment as text."""

# RFC 3339, section 5.6, with the space that it allows for readability. The offset is not optional.
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}):(\d{2})(?:\.(\d{1,32}))?(?:([Zz])|([+-])(\d{2}):(\d{2}))", re.ASCII
)
_LEAP = 60


def utc_now() -> str:
    """The present moment by the computer's clock."""
    return as_text(clock.utc_now())


def as_text(moment: datetime) -> str:
    """A moment with a zone as it is stored: ``2026-11-24T09:30:00.000000Z``."""
    plain = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{plain.isoformat(timespec='microseconds')}Z"


def start_of(day: date) -> str:
    """The first moment of a calendar day in UTC."""
    return f"{day.isoformat()}T00:00:00.000000Z"


def read_moment(text: object) -> str:
    """RFC 3339 text as it is stored; empty when it is something else. What is finer than a microsecond is cut off."""
    found = _MOMENT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return ""
    day, minute, second, fraction, zulu, sign, hours, minutes = found.groups()
    # A leap second is a moment too, though Python knows none.
    leap = int(second) == _LEAP
    try:
        plain = datetime.fromisoformat(f"{day}T{minute}:{'59' if leap else second}.{(fraction or '')[:6]:0<6}+00:00")
        offset = timedelta() if zulu else timedelta(hours=_below(hours, 24), minutes=_below(minutes, 60))
        return as_text(plain + timedelta(seconds=leap) - (-offset if sign == "-" else offset))
    except (ValueError, OverflowError):
        return ""


def _below(text: str, limit: int) -> int:
    if int(text) >= limit:
        raise ValueError(text)
    return int(text)
