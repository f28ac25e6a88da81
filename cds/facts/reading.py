"""What a result says: a quantity in the scale's unit, a score, or a named meaning. None means it cannot be told."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from cds.language.retrieve import Reading
from cds.values.codes import CodeSet
from cds.values.quantity import Quantity, Scale
from cds.wire.medication import codings, words

_COMPARATORS = frozenset({"<", "<=", ">", ">="})
_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)\s*\Z")
_ORDINAL = (
    "http://hl7.org/fhir/StructureDefinition/ordinalValue",
    "http://hl7.org/fhir/StructureDefinition/itemWeight",
)


def quantity_of(resource: Mapping[str, Any], scale: Scale) -> Quantity | None:
    """``valueQuantity`` in the scale's unit; None for no number, no known unit, or an absurd value."""
    return read_quantity(resource.get("valueQuantity"), scale)


def read_quantity(quantity: object, scale: Scale) -> Quantity | None:
    """Any FHIR Quantity in the scale's unit; the UCUM code goes before the unit's words."""
    if not isinstance(quantity, Mapping):
        return None
    value = quantity.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    comparator = quantity.get("comparator", "")
    if comparator and comparator not in _COMPARATORS:
        return None
    for spelling in (quantity.get("code"), quantity.get("unit")):
        if isinstance(spelling, str) and spelling:
            return scale.convert(float(value), spelling, str(comparator))
    return None


def has_value(resource: Mapping[str, Any]) -> bool:
    """Whether a result carries any value, or parts that may; a reason for its absence speaks against it."""
    if resource.get("dataAbsentReason"):
        return False
    return any(name.startswith("value") or name in ("component", "hasMember") for name in resource)


def unit_of(resource: Mapping[str, Any]) -> str:
    """The unit of ``valueQuantity`` as it came; empty when there is none."""
    quantity = resource.get("valueQuantity")
    if isinstance(quantity, Mapping):
        for spelling in (quantity.get("unit"), quantity.get("code")):
            if isinstance(spelling, str) and spelling:
                return spelling
    return ""


def score_of(resource: Mapping[str, Any], scores: CodeSet | None) -> Quantity | None:
    """A score: as an answer that stands for one, an ordinal extension, an integer, a quantity, or digits."""
    concept = resource.get("valueCodeableConcept")
    for code in codings(concept):
        line = scores.find(code) if scores is not None else None
        if line is not None and line.score is not None:
            return Quantity(float(line.score), "{score}", shown=f"{line.score} ({line.display})")
    found = _ordinal(concept)
    if found is None:
        found = _plain_number(resource)
    return Quantity(found, "{score}", shown=f"{found:g}") if found is not None and found >= 0 else None


def _plain_number(resource: Mapping[str, Any]) -> float | None:
    quantity = resource.get("valueQuantity")
    value = quantity.get("value") if isinstance(quantity, Mapping) else resource.get("valueInteger")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = resource.get("valueString")
    match = _NUMBER.match(text) if isinstance(text, str) else None
    return float(match[1]) if match else None


def _ordinal(concept: object) -> float | None:
    coded = concept.get("coding") if isinstance(concept, Mapping) else None
    for coding in coded if isinstance(coded, list) else ():
        extensions = coding.get("extension") if isinstance(coding, Mapping) else None
        for extension in extensions if isinstance(extensions, list) else ():
            if isinstance(extension, Mapping) and extension.get("url") in _ORDINAL:
                value = extension.get("valueDecimal")
                if isinstance(value, int | float) and not isinstance(value, bool):
                    return float(value)
    return None


def meaning_of(resource: Mapping[str, Any], readings: Sequence[Reading], scale: Scale | None) -> str | None:
    """The one meaning that a result has; None when it has none, or when two parts of it contradict each other."""
    found = {each.meaning for each in readings if _means(resource, each, scale)}
    return found.pop() if len(found) == 1 else None


def _means(resource: Mapping[str, Any], reading: Reading, scale: Scale | None) -> bool:
    if "valueQuantity" in resource:
        beside = reading.interpretations
        if beside is not None and any(beside.find(code) is not None for code in _interpretations(resource)):
            return True
        quantity = quantity_of(resource, scale) if scale is not None else None
        return quantity is not None and _in_range(quantity, reading)
    coded = (*codings(resource.get("valueCodeableConcept")), *_interpretations(resource))
    if reading.answers is not None and any(reading.answers.find(code) is not None for code in coded):
        return True
    if reading.words is None or coded:
        return False
    said = (*words(resource.get("valueCodeableConcept")), str(resource.get("valueString", "")))
    return any(reading.words.fullmatch(text.strip()) for text in said)


def _interpretations(resource: Mapping[str, Any]) -> tuple[Any, ...]:
    several = resource.get("interpretation")
    concepts = several if isinstance(several, list) else [several]
    return tuple(code for concept in concepts for code in codings(concept))


def _in_range(quantity: Quantity, reading: Reading) -> bool:
    if reading.at_least is None and reading.below is None:
        return False
    lowest, highest = quantity.value, quantity.value
    if quantity.comparator.startswith("<"):
        lowest = 0.0
    elif quantity.comparator.startswith(">"):
        highest = float("inf")
    above = reading.at_least is None or lowest >= reading.at_least
    under = (
        reading.below is None or highest < reading.below or (quantity.comparator == "<" and highest <= reading.below)
    )
    return above and under
