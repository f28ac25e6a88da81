"""The tiny literals of the rule language, one pattern each: ``31 days``, ``300 mg/dL``, ``SYSTEM code``."""

from __future__ import annotations

import re
from datetime import date

from cds.values.quantity import Quantity

_DAYS = re.compile(r"(\d{1,5}) days?\Z")
_QUANTITY = re.compile(r"(-?\d{1,15}(?:\.\d{1,15})?) (\S+(?: \S+)?)\Z")
_CODE = re.compile(r"([A-Za-z][A-Za-z0-9-]*) (\S+)\Z")
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")

DAY = "d"


def read_days(text: str) -> Quantity | None:
    """``31 days`` as a quantity in days, or None."""
    found = _DAYS.match(text)
    return Quantity(float(found[1]), DAY, shown=text) if found else None


def read_quantity(text: str) -> Quantity | None:
    """``300 mg/dL`` as a quantity in the unit as written, or None; ``31 days`` too."""
    days = read_days(text)
    if days is not None:
        return days
    found = _QUANTITY.match(text)
    return Quantity(float(found[1]), found[2], shown=text) if found else None


def read_count(text: str) -> int | None:
    """A whole number without a unit, or None."""
    return int(text) if re.fullmatch(r"\d{1,6}", text) else None


def read_code(text: str) -> tuple[str, str] | None:
    """``SYSTEM code`` as (short system name, code), or None."""
    found = _CODE.match(text)
    return (found[1], found[2]) if found else None


def read_day(text: str) -> date | None:
    """An ISO calendar day, or None."""
    if not _DATE.match(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def is_name(text: str) -> bool:
    """Whether a word can name a fact, a retrieve or a parameter: lower case, digits and underscores."""
    return _NAME.match(text) is not None
