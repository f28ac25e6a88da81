"""What clinicians did with what they were shown, by finding and rule version, client and week.

A card counts once: as accepted when any suggestion of it was taken, else as overridden when it was overridden, else as
ignored. No feedback is no override (F-7). Every finding of a card is counted with what became of the card. A week is
one of ISO 8601, by the day in UTC on which the card was shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Subquery, and_, case, exists, func, select

from cds.record.feedback import ACCEPTED, OVERRIDDEN
from cds.record.tables import ACCEPTED_SUGGESTIONS, CARDS, FEEDBACK, FINDINGS, SHADOW_FINDINGS, SUGGESTIONS


@dataclass(frozen=True)
class ReasonCount:
    """How many cards were overridden for a reason; ``code`` is empty where none was given."""

    code: str
    system: str
    cards: int


@dataclass(frozen=True)
class FindingCount:
    """One finding of one version of a rule at one indicator, for one client in one week.

    ``shown`` is the sum of ``accepted``, ``overridden`` and ``ignored``; ``week`` is such as ``2026-W48``.
    """

    pack: str
    rule: str
    version: str
    finding: str
    indicator: str
    client: str
    week: str
    shown: int
    accepted: int
    overridden: int
    ignored: int
    reasons: tuple[ReasonCount, ...]


@dataclass(frozen=True)
class WeekCount:
    """The cards of one client in one week."""

    week: str
    client: str
    shown: int
    accepted: int
    overridden: int
    ignored: int


@dataclass(frozen=True)
class ShadowCount:
    """How often a rule in shadow would have said something.

    ``finding`` and ``indicator`` are empty for the times when it could not be checked.
    """

    pack: str
    rule: str
    version: str
    finding: str
    indicator: str
    client: str
    week: str
    times: int


@dataclass(frozen=True)
class SuggestionCount:
    """One suggestion: on how many cards it was offered, and on how many it was taken."""

    pack: str
    suggestion: str
    offered: int
    accepted: int


@dataclass(frozen=True)
class FeedbackReport:
    """All counts.

    Attributes:
        since: the moment from which cards are counted; empty for all.
        comments: overrides with free text, which is not kept.
        unmatched: cards that feedback named and that are not on record.
    """

    since: str
    cards: int
    accepted: int
    overridden: int
    ignored: int
    comments: int
    unmatched: int
    weeks: tuple[WeekCount, ...]
    findings: tuple[FindingCount, ...]
    suggestions: tuple[SuggestionCount, ...]
    shadow: tuple[ShadowCount, ...]


def read_report(engine: Engine, since: str = "") -> FeedbackReport:
    """Count cards that were shown since a moment, all of it as of one instant."""
    with engine.connect().execution_options(only_reads=True) as connection, connection.begin():
        fates = _fates(since)
        weeks = _weeks(connection, fates)
        cards, accepted, overridden = (
            sum(getattr(each, name) for each in weeks) for name in ("shown", "accepted", "overridden")
        )
        return FeedbackReport(
            since=since,
            cards=cards,
            accepted=accepted,
            overridden=overridden,
            ignored=cards - accepted - overridden,
            comments=_comments(connection, since),
            unmatched=_unmatched(connection, since),
            weeks=weeks,
            findings=_findings(connection, fates),
            suggestions=_suggestions(connection, since),
            shadow=_shadow(connection, since),
        )


def _shown_since(since: str) -> ColumnElement[bool]:
    return CARDS.c.answered_at >= since


def _fates(since: str) -> Subquery:
    """Each card with what became of it, and of the last override its reason."""
    taken = exists().where(FEEDBACK.c.card == CARDS.c.uuid, FEEDBACK.c.outcome == ACCEPTED)
    latest = (
        select(
            FEEDBACK.c.card,
            FEEDBACK.c.reason_system,
            FEEDBACK.c.reason_code,
            func.row_number()
            .over(
                partition_by=FEEDBACK.c.card,
                order_by=(FEEDBACK.c.outcome_at.desc(), FEEDBACK.c.reason_code.desc(), FEEDBACK.c.reason_system),
            )
            .label("place"),
        )
        .where(FEEDBACK.c.outcome == OVERRIDDEN)
        .subquery()
    )
    return (
        select(
            CARDS.c.uuid,
            CARDS.c.pack,
            CARDS.c.client,
            _day(CARDS.c.answered_at).label("day"),
            case((taken, 1), else_=0).label("accepted"),
            case((and_(~taken, latest.c.card.is_not(None)), 1), else_=0).label("overridden"),
            latest.c.reason_system,
            latest.c.reason_code,
        )
        .select_from(CARDS.outerjoin(latest, and_(latest.c.card == CARDS.c.uuid, latest.c.place == 1)))
        .where(_shown_since(since))
        .subquery()
    )


def _weeks(connection: Connection, fates: Subquery) -> tuple[WeekCount, ...]:
    of = (fates.c.client, fates.c.day)
    counted = connection.execute(
        select(*of, func.count(), func.sum(fates.c.accepted), func.sum(fates.c.overridden)).group_by(*of)
    )
    sums: dict[tuple[str, str], list[int]] = {}
    for client, day, *numbers in counted:
        _add(sums.setdefault((week_of(day), client), [0, 0, 0]), numbers)
    return tuple(WeekCount(*of, *_fates_of(sums[of])) for of in sorted(sums))


def _findings(connection: Connection, fates: Subquery) -> tuple[FindingCount, ...]:
    of = (
        *(fates.c.pack, FINDINGS.c.rule, FINDINGS.c.rule_version, FINDINGS.c.finding, FINDINGS.c.indicator),
        *(fates.c.client, fates.c.day),
    )
    joined = FINDINGS.join(fates, fates.c.uuid == FINDINGS.c.card)
    sums: dict[tuple[str, ...], list[int]] = {}
    for *key, day, shown, took, refused in connection.execute(
        select(*of, func.count(), func.sum(fates.c.accepted), func.sum(fates.c.overridden))
        .select_from(joined)
        .group_by(*of)
    ):
        _add(sums.setdefault((*key, week_of(day)), [0, 0, 0]), (shown, took, refused))
    why: dict[tuple[str, ...], Counter[tuple[str, str]]] = {}
    of_reason = (fates.c.reason_code, fates.c.reason_system)
    for *key, day, code, system, cards in connection.execute(
        select(*of, *of_reason, func.count())
        .select_from(joined)
        .where(fates.c.overridden == 1)
        .group_by(*of, *of_reason)
    ):
        why.setdefault((*key, week_of(day)), Counter())[code, system] += cards
    return tuple(_finding(of, sums[of], why.get(of, Counter())) for of in sorted(sums))


def _finding(of: Sequence[str], sums: Sequence[int], why: Mapping[tuple[str, str], int]) -> FindingCount:
    pack, rule, version, finding, indicator, client, week = of
    return FindingCount(
        pack, rule, version, finding, indicator, client, week, *_fates_of(sums), reasons=reasons_of(why)
    )


def reasons_of(counted: Mapping[tuple[str, str], int]) -> tuple[ReasonCount, ...]:
    """Reasons by code and system with their cards, the most frequent first."""
    order = sorted(counted.items(), key=lambda each: (-each[1], each[0]))
    return tuple(ReasonCount(code, system, cards) for (code, system), cards in order)


def week_of(day: str) -> str:
    """The week of a day, such as ``2026-W48``."""
    year, week, _ = date.fromisoformat(day).isocalendar()
    return f"{year}-W{week:02}"


def _day(moment: ColumnElement[str]) -> ColumnElement[str]:
    return func.substr(moment, 1, 10)


def _add(sums: list[int], numbers: Iterable[Any]) -> None:
    for at, number in enumerate(numbers):
        sums[at] += int(number)  # PostgreSQL sums to a decimal


def _fates_of(sums: Sequence[int]) -> tuple[int, int, int, int]:
    shown, accepted, overridden = sums
    return shown, accepted, overridden, shown - accepted - overridden


def _shadow(connection: Connection, since: str) -> tuple[ShadowCount, ...]:
    table = SHADOW_FINDINGS.c
    of = (
        *(table.pack, table.rule, table.rule_version, table.finding, table.indicator, table.client),
        _day(table.answered_at),
    )
    sums: Counter[tuple[str, ...]] = Counter()
    for *key, day, times in connection.execute(
        select(*of, func.count()).where(table.answered_at >= since).group_by(*of)
    ):
        sums[(*key, week_of(day))] += times
    return tuple(_shadow_count(of, sums[of]) for of in sorted(sums))


def _shadow_count(of: Sequence[str], times: int) -> ShadowCount:
    pack, rule, version, finding, indicator, client, week = of
    return ShadowCount(pack, rule, version, finding, indicator, client, week, times)


def _suggestions(connection: Connection, since: str) -> tuple[SuggestionCount, ...]:
    taken = exists().where(
        ACCEPTED_SUGGESTIONS.c.card == SUGGESTIONS.c.card, ACCEPTED_SUGGESTIONS.c.suggestion == SUGGESTIONS.c.uuid
    )
    of = (CARDS.c.pack, SUGGESTIONS.c.name)
    rows = connection.execute(
        select(*of, func.count(), func.sum(case((taken, 1), else_=0)))
        .select_from(SUGGESTIONS.join(CARDS, CARDS.c.uuid == SUGGESTIONS.c.card))
        .where(_shown_since(since))
        .group_by(*of)
        .order_by(*of)
    )
    return tuple(SuggestionCount(pack, name, offered, int(accepted)) for pack, name, offered, accepted in rows)


def _comments(connection: Connection, since: str) -> int:
    joined = FEEDBACK.join(CARDS, CARDS.c.uuid == FEEDBACK.c.card)
    counted = select(func.count()).select_from(joined).where(_shown_since(since), FEEDBACK.c.has_comment)
    return connection.scalar(counted) or 0


def _unmatched(connection: Connection, since: str) -> int:
    known = exists().where(CARDS.c.uuid == FEEDBACK.c.card)
    counted = select(func.count(FEEDBACK.c.card.distinct())).where(~known, FEEDBACK.c.received_at >= since)
    return connection.scalar(counted) or 0
