"""How far back a value fact looks, against limits in days: one that lies further back can never be met."""

from __future__ import annotations

from collections.abc import Iterable

from cds.language.fact import Fact
from cds.language.node import Node
from cds.language.report import Report

_DAYS = "d"


def window_of(fact: Fact) -> tuple[int, Fact] | None:
    """The most days that can lie between the day of a value fact and today, with the fact whose window says so.

    None when nothing limits it.
    """
    if fact.built.days_back is not None:
        return fact.built.days_back, fact
    if fact.kind == "days_since":
        return window_of(fact.needs[0])
    if fact.kind == "either":
        return _widest(window_of(each) for each in fact.needs)
    return None


def _widest(windows: Iterable[tuple[int, Fact] | None]) -> tuple[int, Fact] | None:
    widest: tuple[int, Fact] | None = None
    for window in windows:
        if window is None:
            return None
        if widest is None or window[0] > widest[0]:
            widest = window
    return widest


def check_limit(fact: Fact, limit: float, node: Node | None, beyond: bool, report: Report) -> None:
    """Report a limit in days that lies further back than a fact looks.

    Args:
        fact: the value fact that is compared.
        limit: in days, if the fact counts days; nothing is said of others.
        node: where the limit stands.
        beyond: whether the limit must be exceeded, and not only reached.
        report: takes the error.
    """
    window = window_of(fact) if fact.built.unit == _DAYS else None
    if window is None or node is None:
        return
    days, source = window
    if limit < days or (limit == days and not beyond):
        return
    asked, seen = (each.name.rpartition(".")[2] for each in (fact, source))
    passed = "more than" if beyond else "as much as"
    report.error(
        "short-look-back",
        node.at,
        f"{asked} is never {passed} {limit:g} days, since {seen} looks back {days} days",
        "What is older is not seen, and counts as if it were not there.",
        f"Widen dated_within of {seen}, or lower the limit; where both are parameters, set both.",
    )
