"""Quantities, and a table of units in which a conversion is one multiplication."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit. ``comparator`` is empty, or how a laboratory bounded the value ("<", ">", ...).

    ``highest`` is given where only a range is known, of which ``value`` is the lowest. ``shown`` keeps number and unit
    as they came, for the card; values are never rounded before a comparison.
    """

    value: float
    unit: str
    comparator: str = ""
    shown: str = ""
    highest: float | None = None

    def __str__(self) -> str:
        return self.shown or f"{self.comparator}{number(self.value)} {self.unit}".rstrip()


def number(value: float) -> str:
    """A number as a clinician writes it: no trailing zeros, at most two decimals."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the table: UCUM code, what it measures, and the factor to the dimension's first unit."""

    code: str
    measures: str
    factor: float


@dataclass(frozen=True)
class UnitTable:
    """Units by their UCUM code and by the spellings that really arrive."""

    units: Mapping[str, Unit]

    def find(self, spelling: str) -> Unit | None:
        """The unit that a UCUM code or spelling stands for, or None."""
        return self.units.get(spelling)


@dataclass(frozen=True)
class Scale:
    """How to bring a quantity of one analyte into its value set's unit.

    Attributes:
        unit: the unit compared in.
        factors: accepted spelling → multiplier.
        plausible: UCUM unit of arrival → lowest and highest believable number, in that unit.
        codes: accepted spelling → UCUM unit of arrival, to find its plausible range.
    """

    unit: str
    factors: Mapping[str, float]
    plausible: Mapping[str, tuple[float, float]]
    codes: Mapping[str, str]

    def convert(self, value: float, spelling: str, comparator: str = "") -> Quantity | None:
        """The quantity in this scale's unit, or None when the unit is not accepted or the number is not plausible."""
        factor = self.factors.get(spelling)
        if factor is None:
            return None
        bounds = self.plausible.get(self.codes[spelling])
        if bounds is not None and not bounds[0] <= value <= bounds[1]:
            return None
        shown = f"{comparator}{number(value)} {spelling}".rstrip()
        return Quantity(value * factor, self.unit, comparator, shown)


def scale(
    table: UnitTable,
    unit: str,
    convert: Mapping[str, float],
    plausible: Mapping[str, tuple[float, float]],
) -> Scale:
    """Work out every accepted spelling of an analyte's units once.

    Args:
        table: the shared table of units.
        unit: UCUM unit compared in; must be in the table.
        convert: for units of another dimension, how many of ``unit`` one of them is (molar units, per analyte).
        plausible: believable ranges by UCUM unit.

    Raises:
        KeyError: when ``unit`` or a unit of ``convert`` is not in the table.
    """
    target = table.units[unit]
    bridges = {table.units[code].measures: (table.units[code], factor) for code, factor in convert.items()}
    factors: dict[str, float] = {}
    codes: dict[str, str] = {}
    for spelling, candidate in table.units.items():
        if candidate.measures == target.measures:
            factors[spelling] = candidate.factor / target.factor
        elif candidate.measures in bridges:
            bridge, factor = bridges[candidate.measures]
            factors[spelling] = candidate.factor / bridge.factor * factor
        else:
            continue
        codes[spelling] = candidate.code
    return Scale(unit, factors, dict(plausible), codes)
