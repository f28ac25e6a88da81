"""Retrieves: which resources of a data group a fact looks at, and how a value is read from them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cds.values.codes import CodeSet
from cds.values.diagnostic import Position
from cds.values.quantity import Scale


@dataclass(frozen=True)
class Marks:
    """What tells one form of a drug from another: routes, dose forms and words."""

    routes: CodeSet | None
    forms: CodeSet | None
    words: re.Pattern[str] | None


@dataclass(frozen=True)
class Drug:
    """How to recognise a drug by layers: product, ingredient with form, words (clinical content decides which).

    Attributes:
        products: codes of products of the wanted form.
        ingredients: codes that name the substance only.
        not_products: codes of products of another form.
        names, not_names: whole words of a text, and words that another drug has.
        wanted: marks of the wanted form; unwanted: marks of the others.
    """

    name: str
    title: str
    products: CodeSet
    ingredients: CodeSet
    not_products: CodeSet
    names: re.Pattern[str]
    not_names: re.Pattern[str] | None
    wanted: Marks
    unwanted: Marks


@dataclass(frozen=True)
class Reading:
    """One named meaning of a result: by coded answer, by words, or by a range of the quantity.

    ``interpretations`` are coded interpretations that count beside a quantity; without one ``answers`` count. ``says``
    is how a card words the meaning.
    """

    meaning: str
    answers: CodeSet | None = None
    interpretations: CodeSet | None = None
    words: re.Pattern[str] | None = None
    at_least: float | None = None
    below: float | None = None
    says: str = ""


@dataclass(frozen=True)
class Setting:
    """Where a result was obtained: by whom, of which category, and words that speak against it."""

    performers: frozenset[str]
    category: str
    never_words: re.Pattern[str] | None


@dataclass(frozen=True, eq=False)
class Retrieve:
    """One retrieve, compiled.

    Attributes:
        groups: the data groups that it draws on.
        type: FHIR resource type.
        called: what its resources are called in texts; empty for the display of the code found.
        codes, drug, words: what it looks for; all None means every resource of the type.
        coded: only resources that have any code or words at ``code_at``.
        unless: marks of a medicine's form that keep it out, such as a route on the skin.
        code_at: element names in which ``words`` are looked for.
        statuses: accepted statuses (of a Condition or AllergyIntolerance: clinical statuses).
        readings, wanted: how a result is read, and which meanings count; empty means any.
        setting: where it must have been obtained.
        value: ``none``, ``quantity`` or ``score``.
        scale: of a quantity, its unit and conversions.
        scores: of a score, the answers that stand for one.
        date_at: element names that give the date, in order; empty for the type's own order.
        ahead: whether dates in the future are meant, as of appointments; elsewhere they are mistakes.
        doubtful: what a resource that cannot be judged counts as: ``absent`` or ``unknown``.
    """

    name: str
    at: Position
    groups: tuple[str, ...]
    type: str
    statuses: frozenset[str]
    called: str = ""
    coded: bool = False
    codes: CodeSet | None = None
    drug: Drug | None = None
    words: re.Pattern[str] | None = None
    code_at: tuple[str, ...] = ()
    unless: Marks | None = None
    readings: tuple[Reading, ...] = ()
    wanted: frozenset[str] = frozenset()
    setting: Setting | None = None
    value: str = "none"
    scale: Scale | None = None
    scores: CodeSet | None = None
    date_at: tuple[str, ...] = ()
    doubtful: str = "unknown"
    ahead: bool = False


def word_pattern(words: tuple[str, ...]) -> re.Pattern[str] | None:
    """A pattern that finds any of the words as whole words, whatever the case, or None for no words.

    Blanks within a word match any run of blanks or none before a percent sign, so that ``0.05%`` finds ``0.05 %``.
    """
    if not words:
        return None
    parts = sorted((re.escape(word).replace(r"\ ", r"\s+").replace("%", r"\s*%") for word in words), key=len)
    return re.compile(r"(?<!\w)(?:" + "|".join(reversed(parts)) + r")(?!\w)", re.IGNORECASE)
