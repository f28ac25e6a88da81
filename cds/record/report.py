"""What clinicians did with what they were shown, by finding and rule version.

A card counts once: as accepted when any suggestion of it was taken, else as overridden when it was overridden, else as
ignored. No feedback is no override (F-7). Every finding of a card is counted with what became of the card.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Subquery, and_, case, exists, func, select

from cds.record.feedback import ACCEPTED, OVERRIDDEN
from cds.record.tables import ACCEPTED_SUGGESTIONS, CARDS, FEEDBACK, FINDINGS, SUGGESTIONS


@dataclass(frozen=True)
class ReasonCount:
    """How many cards were overridden for a reason; ``code`` is empty where none was given."""

    code: str
    system: str
    cards: int


@dataclass(frozen=True)
class FindingCount:
    """One finding of one version of a rule at one indicator. ``shown`` is the sum of the three beneath it."""

    pack: str
    rule: str
    version: str
    finding: str
    indicator: str
    shown: int
    accepted: int
    overridden: int
    ignored: int
    reasons: tuple[ReasonCount, ...]


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
    findings: tuple[FindingCount, ...]
    suggestions: tuple[SuggestionCount, ...]


def read_report(engine: Engine, since: str = "") -> FeedbackReport:
    """Count cards that were shown since a moment, all of it as of one instant."""
    with engine.connect().execution_options(only_reads=True) as connection, connection.begin():
        fates = _fates(since)
        totals = connection.execute(
            select(func.count(), func.sum(fates.c.accepted), func.sum(fates.c.overridden)).select_from(fates)
        ).one()
        cards, accepted, overridden = (int(each or 0) for each in totals)
        return FeedbackReport(
            since=since,
            cards=cards,
            accepted=accepted,
            overridden=overridden,
            ignored=cards - accepted - overridden,
            comments=_comments(connection, since),
            unmatched=_unmatched(connection, since),
            findings=_findings(connection, fates),
            suggestions=_suggestions(connection, since),
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
            case((taken, 1), else_=0).label("accepted"),
            case((and_(~taken, latest.c.card.is_not(None)), 1), else_=0).label("overridden"),
            latest.c.reason_system,
            latest.c.reason_code,
        )
        .select_from(CARDS.outerjoin(latest, and_(latest.c.card == CARDS.c.uuid, latest.c.place == 1)))
        .where(_shown_since(since))
        .subquery()
    )


def _findings(connection: Connection, fates: Subquery) -> tuple[FindingCount, ...]:
    of = (fates.c.pack, FINDINGS.c.rule, FINDINGS.c.rule_version, FINDINGS.c.finding, FINDINGS.c.indicator)
    joined = FINDINGS.join(fates, fates.c.uuid == FINDINGS.c.card)
    counted = connection.execute(
        select(*of, func.count(), func.sum(fates.c.accepted), func.sum(fates.c.overridden))
        .select_from(joined)
        .group_by(*of)
        .order_by(*of)
    ).all()
    reasons: dict[tuple[Any, ...], list[ReasonCount]] = {}
    why = (fates.c.reason_code, fates.c.reason_system)
    for row in connection.execute(
        select(*of, *why, func.count())
        .select_from(joined)
        .where(fates.c.overridden == 1)
        .group_by(*of, *why)
        .order_by(func.count().desc(), *why)
    ):
        reasons.setdefault(tuple(row[:5]), []).append(ReasonCount(*row[5:]))
    return tuple(_finding(tuple(row), reasons.get(tuple(row[:5]), ())) for row in counted)


def _finding(row: Sequence[Any], reasons: Sequence[ReasonCount]) -> FindingCount:
    pack, rule, version, finding, indicator, shown, accepted, overridden = row
    # PostgreSQL sums to a decimal
    took, refused = int(accepted), int(overridden)
    ignored = shown - took - refused
    return FindingCount(pack, rule, version, finding, indicator, shown, took, refused, ignored, tuple(reasons))


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
