"""``phase``: where the patient stands in a course of the drug. ``start_of`` and ``end_of``: its days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from cds.facts.case import Case
from cds.facts.supply import Supply, supply_of
from cds.language.fact import VALUE, Built, Fact, Kind
from cds.language.node import Fields, Text
from cds.language.retrieve import Retrieve
from cds.language.scope import Scope
from cds.values.known import ABSENT, KNOWN, Evidence, Outcome, Reason, Unknown, unknown

WITHOUT_ORDER = frozenset(("on_treatment", "post", "none"))
PHASES = ("initial", "continuation", "restart", *sorted(WITHOUT_ORDER))
"""With a new order: the first three. Without one the patient takes the drug, has just stopped it, or neither."""


@dataclass(frozen=True)
class Limits:
    """Days: the longest supply assumed where none is stated; the gaps up to which a course goes on, or restarts."""

    longest_supply: int
    continues_within: int
    restarts_within: int
    post_within: int


@dataclass(frozen=True)
class Course:
    """The latest chain of supplies, newest end last, or the reasons why there may be one that was not seen."""

    supplies: tuple[Supply, ...]
    hidden: tuple[Unknown, ...]
    start_hidden: tuple[Unknown, ...]

    @property
    def end(self) -> date | None:
        """The day on which the last supply ends."""
        return max((each.end for each in self.supplies), default=None)

    @property
    def start(self) -> date | None:
        """The first day of the chain."""
        return min((each.start for each in self.supplies), default=None)


def course_of(case: Case, retrieves: tuple[Retrieve, ...], limits: Limits) -> Course:
    """Chain the supplies that are on record: a supply belongs to the chain when the gap before the next is short."""
    horizon = case.today - timedelta(days=max(limits.restarts_within, limits.post_within) + limits.longest_supply)
    hidden: list[Unknown] = []
    supplies: list[Supply] = []
    for retrieve in retrieves:
        found = case.retrieved(retrieve)
        for item in found.items:
            supply = supply_of(item, case.zone, limits.longest_supply)
            if supply is None:
                hidden.append(Unknown(Reason.DATE_MISSING, retrieve.groups[0], item.entry.where))
            else:
                supplies.append(supply)
        hidden.extend(found.may_hide(horizon))
    chain = _chain(sorted(supplies, key=lambda each: (each.end, each.start)), limits.continues_within)
    start_hidden: list[Unknown] = []
    if chain:
        first = min(each.start for each in chain)
        before = first - timedelta(days=limits.continues_within + limits.longest_supply)
        for retrieve in retrieves:
            start_hidden.extend(case.retrieved(retrieve).may_hide(before))
    return Course(chain, tuple(dict.fromkeys(hidden)), tuple(dict.fromkeys(start_hidden)))


def _chain(supplies: list[Supply], gap: int) -> tuple[Supply, ...]:
    chain: list[Supply] = []
    for supply in reversed(supplies):
        if not chain or (min(each.start for each in chain) - supply.end).days <= gap:
            chain.append(supply)
        else:
            break
    return tuple(reversed(chain))


def build(body: Fields, scope: Scope) -> Built | None:
    """Compile ``phase``."""
    retrieves = scope.retrieves(body.get("phase"))
    days = [
        scope.days(body.get(key)) for key in ("longest_supply", "continues_within", "restarts_within", "post_within")
    ]
    if not retrieves or any(each is None for each in days):
        return None
    limits = Limits(*(each or 0 for each in days))
    if limits.restarts_within <= limits.continues_within:
        _report_no_restart(body, limits, scope)
    key = f"course over {', '.join(each.name for each in retrieves)}"

    def course(case: Case) -> Course:
        if key not in case.worked_out:
            case.worked_out[key] = course_of(case, retrieves, limits)
        found: Course = case.worked_out[key]
        return found

    def evaluate(case: Case) -> Outcome:
        return _phase(case, course(case), limits)

    return Built(PHASES, evaluate, (), retrieves, detail=course)


def _report_no_restart(body: Fields, limits: Limits, scope: Scope) -> None:
    node = body.get("restarts_within")
    scope.report.error(
        "short-look-back",
        node.at if node is not None else body.at,
        f"nobody ever restarts: restarts_within is {limits.restarts_within} days, and {limits.continues_within} days "
        "continue a course",
        "What does not continue a course would always count as the first prescription.",
        "Write a longer restarts_within, or a shorter continues_within.",
    )


def _phase(case: Case, course: Course, limits: Limits) -> Outcome:
    end = course.end
    evidence = tuple(each.evidence for each in course.supplies[-1:])
    gap = (case.today - end).days if end is not None else None
    if case.has_new_order:
        if gap is not None and gap <= limits.continues_within:
            return Outcome("continuation", evidence=evidence)
        if course.hidden:
            return unknown(*course.hidden)
        restarts = gap is not None and gap <= limits.restarts_within
        return Outcome("restart" if restarts else "initial", evidence=evidence)
    if gap is not None and gap <= 0:
        return Outcome("on_treatment", evidence=evidence)
    if course.hidden:
        return unknown(*course.hidden)
    return Outcome("post" if gap is not None and gap <= limits.post_within else "none", evidence=evidence)


def course_mark(phase: Fact, case: Case) -> str:
    """What tells the present course of a patient from every other one of theirs; empty where that is not known.

    A course that goes on is told by its first day. One that an order begins has no day yet, and is told by the end of
    the course before it, or by there being none.
    """
    state, course = case.state(phase), phase.built.detail
    if course is None:
        return ""
    found: Course = course(case)
    if state == "continuation":
        return f"since {found.start}" if found.start is not None and not found.start_hidden else ""
    if state in ("initial", "restart"):
        return f"after {found.end}" if found.end is not None else "first"
    return ""


def _day_builder(keyword: str) -> Callable[[Fields, Scope], Built | None]:
    def build_day(body: Fields, scope: Scope) -> Built | None:
        node = body.get(keyword)
        phase = scope.fact(node) if isinstance(node, Text) else None
        if phase is None:
            return None
        course = phase.built.detail
        if phase.kind != "phase" or course is None:
            scope.report.error("no-course", body.at, f"{keyword} needs a fact of the kind phase")
            return None

        def evaluate(case: Case) -> Outcome:
            found: Course = course(case)
            hidden = found.start_hidden if keyword == "start_of" else found.hidden
            day = found.start if keyword == "start_of" else found.end
            if hidden:
                return unknown(*hidden)
            if day is None:
                return Outcome(ABSENT)
            return Outcome(KNOWN, day, day, evidence=(_evidence(found, keyword),))

        return Built(VALUE, evaluate, (phase,), phase.built.retrieves, unit="")

    return build_day


def _evidence(course: Course, keyword: str) -> Evidence:
    return (course.supplies[0] if keyword == "start_of" else course.supplies[-1]).evidence


KINDS = (
    Kind(
        "phase",
        "Where the patient stands in a course of the drug, from a chain of orders, dispenses and statements.",
        build,
        {
            "longest_supply": "days assumed where an order states no supply",
            "continues_within": "a new order within so many days of the last supply's end continues the course",
            "restarts_within": "and within so many days restarts it; later it is a new course",
            "post_within": "without a new order: so many days after the last supply's end are the time after treatment",
        },
        ("longest_supply", "continues_within", "restarts_within", "post_within"),
    ),
    Kind("start_of", "The first day of the course that a phase fact found.", _day_builder("start_of")),
    Kind("end_of", "The day on which the last supply of that course ends.", _day_builder("end_of")),
)
