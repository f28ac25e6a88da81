"""Doses as orders state them: how often, how much, in milligrams or pieces (FHIR Dosage of DSTU2 to R5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

DAYS_IN = {"d": 1.0, "wk": 7.0, "mo": 30.0, "h": 1 / 24}
_MASS = {"mg": 1.0, "g": 1000.0, "ug": 0.001, "mcg": 0.001}
_STRENGTH = re.compile(r"(\d+(?:\.\d+)?) (mg|g|mcg)\Z")


def positive(value: object) -> float | None:
    """A number above zero; None for anything else, a truth value too."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        return None
    return float(value)


def milligrams(strength: str) -> float | None:
    """The strength of one piece, ``20 mg``, in milligrams."""
    found = _STRENGTH.match(strength)
    return float(found[1]) * _MASS[found[2]] if found else None


def dosages(resource: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The dosage instructions of an order, a dispense or a statement."""
    several = resource.get("dosageInstruction", resource.get("dosage"))
    return [each for each in (several if isinstance(several, list) else [several]) if isinstance(each, Mapping)]


def daily_milligrams(resource: Mapping[str, Any], strength: str) -> float | None:
    """The dose a day over all instructions; None when one of them cannot be worked out, or there is none."""
    daily = [_milligrams_a_day(dosage, strength) for dosage in dosages(resource)]
    known = [each for each in daily if each is not None]
    return sum(known) if known and len(known) == len(daily) else None


def pieces_a_day(dosage: Mapping[str, Any], strength: str) -> float | None:
    """Capsules or tablets a day by one instruction; a dose in milligrams is divided by the strength of a piece."""
    times, dose = _times_a_day(dosage), _dose(dosage)
    if times is None or dose is None:
        return None
    amount, unit = dose
    if unit not in _MASS:
        return times * amount
    piece = milligrams(strength)
    return times * amount * _MASS[unit] / piece if piece else None


def _milligrams_a_day(dosage: Mapping[str, Any], strength: str) -> float | None:
    times, dose = _times_a_day(dosage), _dose(dosage)
    if times is None or dose is None:
        return None
    amount, unit = dose
    if unit in _MASS:
        return times * amount * _MASS[unit]
    piece = milligrams(strength)
    return times * amount * piece if piece else None


def _times_a_day(dosage: Mapping[str, Any]) -> float | None:
    timing = dosage.get("timing")
    repeat = timing.get("repeat") if isinstance(timing, Mapping) else None
    if not isinstance(repeat, Mapping):
        return None
    when = repeat.get("when")
    several = float(len(when)) if isinstance(when, list) and when else None
    frequency = positive(repeat.get("frequency")) or several
    period = positive(repeat.get("period", 1))
    days = DAYS_IN.get(str(repeat.get("periodUnit", repeat.get("periodUnits", "d"))))
    if frequency is None or period is None or days is None:
        return None
    return frequency / (period * days)


def _dose(dosage: Mapping[str, Any]) -> tuple[float, str] | None:
    """The amount of one dose and its unit: R4 in doseAndRate, older versions flat."""
    doses = dosage.get("doseAndRate")
    first = doses[0] if isinstance(doses, list) and doses else doses
    holder = first if isinstance(first, Mapping) else dosage
    dose = holder.get("doseQuantity")
    if not isinstance(dose, Mapping):
        return None
    amount = positive(dose.get("value"))
    unit = dose.get("code") or dose.get("unit") or ""
    return (amount, str(unit).strip().lower()) if amount is not None else None
