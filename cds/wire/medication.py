"""The drug that an order, a statement or a dispense names, in any FHIR version from DSTU2 to R5.

Nothing here raises, whatever JSON comes: a part that cannot be read is left out, and what has to be read elsewhere is
named in ``Medication.unread``. Code systems stay as they came; value sets hold the aliases (checklist H-1, H-7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from cds.values.codes import Code
from cds.wire.call import Medication
from cds.wire.reference import instance, literal

Neighbours = Callable[[str], Mapping[str, Any] | None]
"""Finds a resource that came along, by reference (``Medication/12``, a ``fullUrl``, a ``urn:uuid:``)."""

Objects = tuple[Mapping[str, Any], ...]

UNNAMED = "Medication/?"
"""``Medication.unread`` of a drug that is referred to without a literal reference and without words."""

_LONGEST_NUMERIC_CODE = 10**18
_LARGEST_STRENGTH = 10**9
_MASS = frozenset({"kg", "g", "mg", "ug", "mcg", "µg", "μg", "ng"})
_MEASURES = _MASS | {"l", "dl", "cl", "ml", "ul"}


def codings(concept: object) -> tuple[Code, ...]:
    """Every usable coding of a CodeableConcept, a list of them, an R5 CodeableReference or a bare Coding.

    A coding without system or code is left out; a code that came as a whole number is read as text.
    """
    plain = _plain_code(concept)
    if plain is not None:
        return (plain,)
    found: dict[Code, None] = {}
    for each in _concepts(concept):
        for coding in _codings(each):
            code = _code(coding)
            if code is not None:
                found[code] = None
    return tuple(found)


def _plain_code(concept: object) -> Code | None:
    """The code of a concept with a single coding, which is what nearly every resource has; None for any other."""
    if isinstance(concept, list | tuple) and len(concept) == 1:
        (concept,) = concept
    several = concept.get("coding") if isinstance(concept, dict) and "concept" not in concept else None
    if isinstance(several, list) and len(several) == 1 and isinstance(several[0], dict):
        return _code(several[0])
    return None


def words(concept: object) -> tuple[str, ...]:
    """The words of a CodeableConcept: its text, then the displays of its codings, each once."""
    texts: list[object] = []
    for each in _concepts(concept):
        texts.append(each.get("text"))
        texts.extend(coding.get("display") for coding in _codings(each))
    return _distinct(texts)


def read_medication(resource: Mapping[str, Any], neighbours: Neighbours) -> Medication:
    """Read the drug of a MedicationRequest, MedicationOrder, MedicationStatement, MedicationDispense or Medication.

    Args:
        resource: plain FHIR JSON.
        neighbours: finds Medication resources that came along outside of ``resource``.
    """
    if resource.get("resourceType") == "Medication":
        return _of_product(resource, (), [], _finder(neighbours, resource))
    concepts, references = _choices(resource)
    if not references:
        routes = _routes(resource)
        return Medication(
            codings=codings(concepts), texts=words(concepts), routes=codings(routes), route_texts=words(routes)
        )
    shown = [each.get("display") for each in _objects(references)]
    reference = literal(references[0])
    product = _finder(neighbours, resource)(reference)
    if product is None or product.get("resourceType", "Medication") != "Medication":
        texts = _distinct([*words(concepts), *shown])
        unread = _unread(reference, bool(texts))
        return _routed(resource, Medication(codings=codings(concepts), texts=texts, unread=unread))
    # What is contained cannot contain: its substances lie beside it.
    holders = (resource, product) if reference.startswith("#") else (product,)
    return _routed(resource, _of_product(product, concepts, shown, _finder(neighbours, *holders)))


def _finder(neighbours: Neighbours, *holders: Mapping[str, Any]) -> Neighbours:
    """Find what a reference names: contained in one of the holders, or come along."""
    contained = _flat(*(holder.get("contained") for holder in holders))
    inside = {each["id"].removeprefix("#"): each for each in contained if isinstance(each.get("id"), str)}

    def find(reference: str) -> Mapping[str, Any] | None:
        if reference.startswith("#"):
            return inside.get(reference[1:])
        return neighbours(reference) if reference else None

    return find


def _of_product(product: Mapping[str, Any], concepts: Objects, shown: list[object], find: Neighbours) -> Medication:
    ingredients = tuple(_ingredients(product))
    named = (*concepts, *_objects(product.get("code")))
    items = [item for each in ingredients for item in _items(each, find)]
    older = _objects(product.get("product"))
    forms = _flat(product.get("form"), product.get("doseForm"), *(each.get("form") for each in older))
    return Medication(
        codings=codings(named),
        texts=_distinct([*words(named), *shown, *words(items)]),
        ingredients=codings(items),
        forms=codings(forms),
        form_texts=words(forms),
        strengths=_distinct(_strength(each) for each in ingredients),
    )


def _routed(resource: Mapping[str, Any], medication: Medication) -> Medication:
    """The medication with the routes of the order's dosages."""
    routes = _routes(resource)
    return replace(medication, routes=codings(routes), route_texts=words(routes)) if routes else medication


def _routes(resource: Mapping[str, Any]) -> Objects:
    doses = _flat(resource.get("dosageInstruction"), resource.get("dosage"))
    return _flat(*[each["route"] for each in doses if "route" in each])


def _choices(resource: Mapping[str, Any]) -> tuple[Objects, tuple[object, ...]]:
    """``medication[x]`` as concepts and references; in R5 one CodeableReference may hold both."""
    concepts = _objects(resource.get("medicationCodeableConcept"))
    given = [resource.get("medicationReference")]
    for each in _objects(resource.get("medication")):
        concepts += _objects(each.get("concept"))
        inner = each.get("reference")
        given.append(each if isinstance(inner, str) else inner)
    return concepts, tuple(each for value in given if value for each in (_objects(value) or (value,)))


def _unread(reference: str, in_words: bool) -> str:
    """How to name a Medication that did not come along.

    Absolute URLs stay as they are, for the same id on another server is another resource.
    """
    if not reference:
        return "" if in_words else UNNAMED
    return reference if reference.startswith(("http://", "https://")) else instance(reference) or reference


def _ingredients(product: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from _objects(product.get("ingredient"))
    for dstu2 in _objects(product.get("product")):
        yield from _objects(dstu2.get("ingredient"))


def _items(ingredient: Mapping[str, Any], find: Neighbours) -> Iterator[Mapping[str, Any]]:
    """What an ingredient is: concepts of its own, or of the Substance or Medication to which it refers."""
    yield from _objects(ingredient.get("itemCodeableConcept"))
    choice = _objects(ingredient.get("item"))
    yield from (each for item in choice for each in _objects(item.get("concept")))
    # R5 wraps the Reference in a CodeableReference, DSTU2 has it bare, R4 calls it itemReference.
    wrapped = [item["reference"] if isinstance(item.get("reference"), Mapping) else item for item in choice]
    for pointer in (*wrapped, *_objects(ingredient.get("itemReference"))):
        yield {"text": pointer.get("display")}
        substance = find(literal(pointer))
        if substance is not None:
            yield from _concepts(substance.get("code"))


def _strength(ingredient: Mapping[str, Any]) -> str:
    """An ingredient's strength in words; per volume or mass it says so, since ``20 mg/mL`` is no ``20 mg``."""
    for key in ("strength", "strengthRatio", "amount"):
        for ratio in _objects(ingredient.get(key)):
            amount, unit = _quantity(ratio.get("numerator"))
            if amount is None or unit not in _MASS:
                continue
            per, per_unit = _quantity(ratio.get("denominator"))
            if per_unit in _MEASURES or per not in (None, 1):
                return f"{amount:.10g} {unit}/{_share(per)}{per_unit}"
            return f"{amount:.10g} {unit}"
    for quantity in _objects(ingredient.get("strengthQuantity")):
        amount, unit = _quantity(quantity)
        if amount is not None and unit in _MASS:
            return f"{amount:.10g} {unit}"
    return ""


def _share(per: float | None) -> str:
    return "" if per in (None, 1) else f"{per:.10g} "


def _quantity(value: object) -> tuple[float | None, str]:
    """Number and unit in lower case; no number when it is not a positive one."""
    if not isinstance(value, dict):
        return None, ""
    amount = value.get("value")
    usable = isinstance(amount, int | float) and not isinstance(amount, bool) and 0 < amount < _LARGEST_STRENGTH
    units = [text.strip().lower() for text in (value.get("code"), value.get("unit")) if isinstance(text, str)]
    known = next((unit for unit in units if unit in _MEASURES), next(iter(units), ""))
    return (amount if usable else None), known


def _concepts(concept: object) -> list[Mapping[str, Any]]:
    """The concepts in a value: itself, the members of a list, or the concept of a CodeableReference."""
    return [
        inner for each in _objects(concept) for inner in (_objects(each["concept"]) if each.get("concept") else (each,))
    ]


def _codings(concept: Mapping[str, Any]) -> Objects:
    if "coding" not in concept and "system" in concept:
        return (concept,)
    return _objects(concept.get("coding"))


def _code(coding: Mapping[str, Any]) -> Code | None:
    system, code = coding.get("system"), coding.get("code")
    if isinstance(code, int) and not isinstance(code, bool) and 0 <= code < _LONGEST_NUMERIC_CODE:
        code = str(code)
    if not isinstance(system, str) or not isinstance(code, str) or not system or not code:
        return None
    return Code(system, code)


def _objects(value: object) -> Objects:
    """The objects in a value that should be an array of objects, but may be a single one."""
    if isinstance(value, dict):
        return (value,)
    if isinstance(value, list | tuple):
        return tuple([each for each in value if isinstance(each, dict)])
    return ()


def _flat(*values: object) -> Objects:
    return tuple([each for value in values for each in _objects(value)])


def _distinct(texts: Iterable[object]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for text in texts:
        trimmed = text.strip() if isinstance(text, str) else ""
        if trimmed:
            found[trimmed] = None
    return tuple(found)
