"""Is this medication the drug? By product, by ingredient with its form, by words; content says which."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from cds.language.retrieve import Drug, Marks
from cds.values.codes import Code, CodeLine, CodeSet
from cds.values.ndc import SYSTEMS as NDC_SYSTEMS
from cds.values.ndc import labeler_products
from cds.wire.call import Medication

CODE = "code"
INGREDIENT = "ingredient"
TEXT = "text"
CONTRADICTED = "contradicted"

WAYS = (CODE, INGREDIENT, TEXT, CONTRADICTED)
"""How a drug was recognised: by a code of the wanted form; by its ingredient, form not stated; by words alone; or
by signs that contradict each other."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A drug recognised: how, and the strength that its product code or text states, such as ``20 mg``."""

    by: str
    strength: str = ""


def find(codes: CodeSet, code: Code) -> CodeLine | None:
    """The line of a set for a code as it arrived; drug codes of the United States are tried in every reading."""
    line = codes.find(code)
    if line is None and code.system in NDC_SYSTEMS:
        for digits in labeler_products(code.code):
            line = codes.find(Code(code.system, digits))
            if line is not None:
                break
    return line


def find_any(codes: CodeSet, several: Iterable[Code]) -> CodeLine | None:
    """The line for the first of several codes that the set holds."""
    for code in several:
        line = find(codes, code)
        if line is not None:
            return line
    return None


def identify(medication: Medication, drug: Drug) -> Identity | None:
    """Recognise a drug in its wanted form, or None.

    A sign of the wanted form is enough; against a contrary sign it still counts, as contradicted. Only where nothing
    speaks for the wanted form and something speaks for another is it not the drug.
    """
    product = find_any(drug.products, medication.codings)
    other = find_any(drug.not_products, medication.codings) is not None
    wanted = marked(medication, drug.wanted)
    unwanted = other or marked(medication, drug.unwanted) or _named_otherwise(medication, drug)
    strength = (product.strength if product else "") or _strength(medication)
    if product is not None:
        return Identity(CONTRADICTED if unwanted else CODE, strength)
    by = _substance(medication, drug)
    if by is None and other:
        by = INGREDIENT
    if by is None or (unwanted and not wanted):
        return None
    if unwanted:
        return Identity(CONTRADICTED, strength)
    return Identity(CODE if wanted and by == INGREDIENT else by, strength)


def _substance(medication: Medication, drug: Drug) -> str | None:
    if find_any(drug.ingredients, (*medication.codings, *medication.ingredients)) is not None:
        return INGREDIENT
    named = any(drug.names.search(text) for text in medication.texts)
    return TEXT if named and not _named_otherwise(medication, drug) else None


def _named_otherwise(medication: Medication, drug: Drug) -> bool:
    return drug.not_names is not None and any(drug.not_names.search(text) for text in medication.texts)


def marked(medication: Medication, marks: Marks) -> bool:
    """Whether a medication bears one of the marks: a route, a dose form, or a word of its own text."""
    if marks.routes is not None and find_any(marks.routes, medication.routes) is not None:
        return True
    if marks.forms is not None and find_any(marks.forms, medication.forms) is not None:
        return True
    texts = (*medication.texts, *medication.form_texts, *medication.route_texts)
    return marks.words is not None and any(marks.words.search(text) for text in texts)


_STRENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(mg|g|mcg|microgram)\b", re.IGNORECASE)


def _strength(medication: Medication) -> str:
    for text in (*medication.strengths, *medication.texts):
        found = _STRENGTH.search(text)
        if found is not None:
            return f"{found[1]} {found[2].lower()}"
    return ""
