"""Retention: what is older than a day is deleted, bit by bit, so that the service can write in between."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Engine, Select, delete, exists, select

from cds.record.tables import ACCEPTED_SUGGESTIONS, CARDS, FEEDBACK, FINDINGS, SUGGESTIONS

_AT_ONCE = 500


@dataclass(frozen=True)
class Purged:
    """How many cards were deleted with all that belongs to them, and how many named by feedback alone."""

    cards: int
    unmatched: int


def purge(engine: Engine, before: str) -> Purged:
    """Delete cards shown before a moment with their feedback, whenever that came, and older feedback without a card."""
    known = exists().where(CARDS.c.uuid == FEEDBACK.c.card)
    old = select(CARDS.c.uuid).where(CARDS.c.answered_at < before).limit(_AT_ONCE)
    alone = select(FEEDBACK.c.card).where(FEEDBACK.c.received_at < before, ~known).distinct().limit(_AT_ONCE)
    return Purged(cards=_purge(engine, old), unmatched=_purge(engine, alone))


def _purge(engine: Engine, which: Select[str]) -> int:
    deleted = 0
    while True:
        with engine.begin() as connection:
            cards = list(connection.scalars(which))
            _delete(connection, cards)
        deleted += len(cards)
        if len(cards) < _AT_ONCE:
            return deleted


def _delete(connection: Connection, cards: list[str]) -> None:
    for key in (FINDINGS.c.card, SUGGESTIONS.c.card, ACCEPTED_SUGGESTIONS.c.card, FEEDBACK.c.card, CARDS.c.uuid):
        connection.execute(delete(key.table).where(key.in_(cards)))
