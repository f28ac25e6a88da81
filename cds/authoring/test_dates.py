"""Dates as tests write them: counted from the day of the test, or as FHIR has them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

NONE = "none"
_COUNTED = re.compile(r"(\d{1,5}) (day|year)s? (ago|ahead)\Z")
_FHIR = re.compile(r"\d{4}(-\d{2}(-\d{2}(T\S+)?)?)?\Z")
_NAMED = {"today": 0, "tomorrow": 1, "yesterday": -1}


def read_when(text: str, today: date) -> str | None:
    """A date as FHIR has it; None for words that are none.

    >>> read_when("10 days ago", date(2026, 11, 24))
    '2026-11-14'
    """
    if text in _NAMED:
        return (today + timedelta(days=_NAMED[text])).isoformat()
    counted = _COUNTED.match(text)
    if counted is not None:
        return _counted(int(counted[1]), counted[2], counted[3] == "ago", today)
    return text if _FHIR.match(text) else None


def _counted(number: int, unit: str, back: bool, today: date) -> str | None:
    sign = -1 if back else 1
    try:
        if unit == "day":
            return (today + timedelta(days=sign * number)).isoformat()
        return today.replace(year=today.year + sign * number).isoformat()
    except (ValueError, OverflowError):  # 29 February of another year, or before the year 1
        return None


def with_dates(value: Any, today: date) -> Any:
    """Plain data with every date that is counted from the day of the test written out."""
    match value:
        case str() if value in _NAMED or _COUNTED.match(value):
            return read_when(value, today) or value
        case list():
            return [with_dates(each, today) for each in value]
        case dict():
            return {key: with_dates(each, today) for key, each in value.items()}
        case _:
            return value
