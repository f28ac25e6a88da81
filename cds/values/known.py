"""What a fact can be, and Kleene's three-valued logic over it.

A fact is in exactly one *state*: a name out of its closed domain, or ``unknown``. An unknown state always carries the
reasons why, so that a card can say in words what could not be checked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from cds.values.quantity import Quantity

YES = "yes"
NO = "no"
UNKNOWN = "unknown"
ABSENT = "absent"  # of a fact that carries a value: looked for, complete, and none there
KNOWN = "known"  # of a fact that carries a value: there is one


class Reason(StrEnum):
    """The closed list of reasons for not knowing."""

    NOT_SUPPLIED = "not_supplied"
    NOT_OFFERED = "not_offered"
    NOT_PERMITTED = "not_permitted"
    FETCH_FAILED = "fetch_failed"
    TIMED_OUT = "timed_out"
    TRUNCATED = "truncated"
    UNUSABLE_VALUE = "unusable_value"
    DATE_MISSING = "date_missing"
    DATE_TOO_COARSE = "date_too_coarse"
    CONFLICTING = "conflicting"
    SETTING_BLANK = "setting_blank"


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why something is not known.

    Attributes:
        reason: one of the closed list.
        group: name of the data group concerned, empty when none is.
        where: the resource or setting concerned, such as ``Observation/17``; empty when the group as a whole is.
    """

    reason: Reason
    group: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that a fact rests on: a resource, its date, and what it says, for cards and explanations."""

    where: str
    on: date | None = None
    says: str = ""


Value = Quantity | date | str
"""What a value fact carries: a quantity, a calendar day, or a coded meaning in words."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one fact for one patient.

    Attributes:
        state: a name of the fact's domain, or ``unknown``. Value facts are in ``known``, ``absent`` or ``unknown``.
        value: what a value fact carries when it is ``known``.
        on: the calendar day to which the value belongs.
        why: at least one reason when the state is ``unknown``, else empty.
        evidence: the resources that decided.
        possible: of an unknown state, the states that it may turn out to be, where fewer than the whole domain.
        notes: reasons that concern single resources which were left out of account, to be named on the card.
    """

    state: str
    value: Value | None = None
    on: date | None = None
    why: tuple[Unknown, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    notes: tuple[Unknown, ...] = field(default=())
    possible: tuple[str, ...] = ()


def unknown(*why: Unknown, evidence: tuple[Evidence, ...] = ()) -> Outcome:
    """An unknown outcome, which must have a reason."""
    if not why:
        raise ValueError("an unknown outcome needs a reason")
    return Outcome(UNKNOWN, why=tuple(dict.fromkeys(why)), evidence=evidence)


def truth(holds: bool, evidence: tuple[Evidence, ...] = (), notes: tuple[Unknown, ...] = ()) -> Outcome:
    """A definite yes or no."""
    return Outcome(YES if holds else NO, evidence=evidence, notes=notes)


def all_of(states: Iterable[str]) -> str:
    """Kleene's *and*: one ``no`` decides; else one ``unknown`` leaves it open; else ``yes``. Of nothing: ``yes``."""
    result = YES
    for state in states:
        if state == NO:
            return NO
        if state == UNKNOWN:
            result = UNKNOWN
    return result


def any_of(states: Iterable[str]) -> str:
    """Kleene's *or*: one ``yes`` decides; else one ``unknown`` leaves it open; else ``no``. Of nothing: ``no``."""
    result = NO
    for state in states:
        if state == YES:
            return YES
        if state == UNKNOWN:
            result = UNKNOWN
    return result


def not_(state: str) -> str:
    """Kleene's *not*: an unknown stays unknown."""
    return {YES: NO, NO: YES, UNKNOWN: UNKNOWN}[state]
