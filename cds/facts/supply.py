"""How long a supply of a drug lasts: stated, or worked out from quantity and dose (FHIR R4 dosage)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cds.facts.dosage import DAYS_IN, dosages, pieces_a_day, positive
from cds.facts.retrieved import Item
from cds.values.dates import Day, read_date
from cds.values.known import Evidence


@dataclass(frozen=True, slots=True)
class Supply:
    """A supply from its first day to the day on which it ends; ``assumed`` when its length was not stated."""

    start: date
    end: date
    assumed: bool
    evidence: Evidence
    item: Item


def supply_of(item: Item, zone: ZoneInfo, longest: int) -> Supply | None:
    """The supply of one request, dispense or statement; None when its date is missing or too coarse.

    Stated days come first, then a stated end, then quantity over daily dose, else ``longest`` days, assumed.
    """
    start = item.day
    if start is None:
        return None
    days = stated_days(item.entry.resource)
    end = stated_end(item.entry.resource, zone)
    if days is None and end is None:
        days = quantity_days(item.entry.resource, item.strength)
    if days is not None:
        end = start + timedelta(days=min(round(days), 3650))
    finish = end or start + timedelta(days=longest)
    return Supply(start, finish, days is None and end is None, Evidence(item.entry.where, start, item.label), item)


def stated_days(resource: Mapping[str, Any]) -> float | None:
    """Days of supply with refills, as the order or the dispense states them."""
    supplied = _days(resource.get("daysSupply"))
    if supplied is not None:
        return supplied
    request = resource.get("dispenseRequest")
    if not isinstance(request, Mapping):
        return None
    days = _days(request.get("expectedSupplyDuration"))
    return days * (1 + _repeats(request)) if days is not None else None


def stated_end(resource: Mapping[str, Any], zone: ZoneInfo, *, validity: bool = False) -> date | None:
    """The last day of the period in a dosage or of a statement, with ``validity`` of the order's too; else None."""
    ends = [_end(timing.get("boundsPeriod")) for timing in _timings(resource)]
    request = resource.get("dispenseRequest")
    if validity and isinstance(request, Mapping):
        ends.append(_end(request.get("validityPeriod")))
    ends.append(_end(resource.get("effectivePeriod")))
    days = [when.day for end in ends if isinstance(when := read_date(end, zone), Day)]
    return max(days, default=None)


def _end(period: object) -> object:
    return period.get("end") if isinstance(period, Mapping) else None


def _repeats(request: Mapping[str, Any]) -> int:
    repeats = request.get("numberOfRepeatsAllowed")
    return repeats if isinstance(repeats, int) and not isinstance(repeats, bool) and 0 < repeats < 100 else 0


def _days(duration: object) -> float | None:
    if not isinstance(duration, Mapping):
        return None
    value, unit = duration.get("value"), duration.get("code") or duration.get("unit") or "d"
    number = positive(value)
    if number is None:
        return None
    spelled = {"day": "d", "days": "d", "week": "wk", "weeks": "wk", "month": "mo", "months": "mo"}
    factor = DAYS_IN.get(spelled.get(str(unit), str(unit)))
    return number * factor if factor is not None else None


def _timings(resource: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = []
    for dosage in dosages(resource):
        timing = dosage.get("timing")
        repeat = timing.get("repeat") if isinstance(timing, Mapping) else None
        if isinstance(repeat, Mapping):
            found.append(repeat)
    return found


def quantity_days(resource: Mapping[str, Any], strength: str) -> float | None:
    """Days of supply with refills, from the quantity and the dose; None when they do not tell."""
    request = resource.get("dispenseRequest")
    holder = request if isinstance(request, Mapping) else resource
    quantity = holder.get("quantity")
    pieces = positive(quantity.get("value")) if isinstance(quantity, Mapping) else None
    daily = sum(pieces_a_day(dosage, strength) or 0.0 for dosage in dosages(resource))
    if pieces is None or daily <= 0:
        return None
    repeats = _repeats(request) if isinstance(request, Mapping) else 0
    return pieces / daily * (1 + repeats)
