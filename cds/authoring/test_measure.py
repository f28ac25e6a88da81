"""What a built resource measures: a quantity with its unit, a score, a coded answer, words; and its upper limit."""

from __future__ import annotations

import re
from typing import Any

from cds.authoring.test_file import NONE
from cds.authoring.test_pack import TestedPack
from cds.language.node import Fields, Text
from cds.language.retrieve import Retrieve
from cds.values.quantity import UnitTable

_QUANTITY = re.compile(r"(<=?|>=?)?\s*(-?\d{1,15}(?:\.\d{1,15})?)(?:\s+(\S.*))?\Z")
_UCUM = "http://unitsofmeasure.org"
_SCORE = "{score}"


def read_quantity(words: str, units: UnitTable) -> dict[str, Any] | None:
    """A FHIR Quantity from ``120 mg/dL``, ``>800 mg/dL`` or ``120``; None for words that are none.

    A UCUM code stands as code and unit; another spelling of a known unit stands as a laboratory sends it, as unit only.
    """
    found = _QUANTITY.match(words)
    if found is None:
        return None
    comparator, number, unit = found.groups()
    quantity: dict[str, Any] = {"value": float(number) if "." in number else int(number)}
    if comparator:
        quantity["comparator"] = comparator
    if unit:
        known = units.find(unit)
        quantity["unit"] = unit
        if known is None or known.code == unit:
            quantity |= {"system": _UCUM, "code": unit}
    return quantity


def measure(resource: dict[str, Any], line: Fields, retrieve: Retrieve, pack: TestedPack, at: Text) -> None:
    """Write what an Observation says; what a line leaves out is the first thing that the retrieve looks for."""
    answer, words, value = line.get("answer"), line.get("answer_text"), line.get("value")
    if isinstance(answer, Text):
        coding = pack.coding(answer, retrieve.scores)
        if coding is not None:
            resource["valueCodeableConcept"] = {"coding": [coding]}
    elif isinstance(words, Text):
        resource["valueCodeableConcept"] = {"text": words.value}
    elif isinstance(value, Text):
        _value(resource, value, retrieve, pack)
    elif retrieve.readings:
        _first_meaning(resource, retrieve, pack, at)
    elif retrieve.value == "any":
        resource["valueInteger"] = 0
    elif retrieve.value != NONE and "elements" not in line:
        pack.report.error(
            "no-value",
            at.at,
            f"{at.value} reads a value, and this line has none",
            remedy=f"Write {at.value}: {{value: ...}}, or value: none.",
        )
    beside = line.get("interpretation")
    if isinstance(beside, Text) and (coding := pack.coding(beside)) is not None:
        resource["interpretation"] = [{"coding": [coding]}]
    limit = line.get("upper_limit")
    if isinstance(limit, Text) and limit.value != NONE:
        high = read_quantity(limit.value, pack.units)
        if high is None:
            _no_quantity(limit, pack)
        else:
            resource["referenceRange"] = [{"high": high}]


def _value(resource: dict[str, Any], value: Text, retrieve: Retrieve, pack: TestedPack) -> None:
    if value.value == NONE:
        return
    quantity = read_quantity(value.value, pack.units)
    if quantity is None:
        _no_quantity(value, pack)
        return
    if "unit" not in quantity and retrieve.value != "quantity" and not retrieve.readings:
        score = _answer_of_score(quantity["value"], retrieve)
        if score is not None:
            resource["valueCodeableConcept"] = {"coding": [score]}
            return
        quantity |= {"unit": _SCORE, "system": _UCUM, "code": _SCORE}
    resource["valueQuantity"] = quantity


def _answer_of_score(number: float, retrieve: Retrieve) -> dict[str, Any] | None:
    for line in retrieve.scores or ():
        if line.score == number:
            return {"system": line.code.system, "code": line.code.code, "display": line.display}
    return None


def _first_meaning(resource: dict[str, Any], retrieve: Retrieve, pack: TestedPack, at: Text) -> None:
    for reading in retrieve.readings:
        if retrieve.wanted and reading.meaning not in retrieve.wanted:
            continue
        for line in reading.answers or ():
            coding = {"system": line.code.system, "code": line.code.code, "display": line.display}
            resource["valueCodeableConcept"] = {"coding": [coding]}
            return
    pack.report.error("no-value", at.at, f"{at.value} has no coded answer of its own", remedy="Write a value.")


def _no_quantity(node: Text, pack: TestedPack) -> None:
    remedy = "Write a number and a unit, such as 120 mg/dL; a number; or none."
    pack.report.error("quantity", node.at, f"{node.value!r} is no quantity", remedy=remedy)
