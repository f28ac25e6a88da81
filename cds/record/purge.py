"""Retention: what is older than a day is deleted, bit by bit, so that the service can write in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Column, Engine, Select, delete, exists, select
from sqlalchemy.exc import SQLAlchemyError

from cds.errors import StartError
from cds.record.database import unusable
from cds.record.tables import ACCEPTED_SUGGESTIONS, CARDS, FEEDBACK, FINDINGS, SHADOW_FINDINGS, SUGGESTIONS

_AT_ONCE = 500
_OF_CARD = (FINDINGS.c.card, SUGGESTIONS.c.card, ACCEPTED_SUGGESTIONS.c.card, FEEDBACK.c.card, CARDS.c.uuid)


@dataclass(frozen=True)
class Purged:
    """How many cards were deleted with all that belongs to them, how many named by feedback alone, and what rules in
    shadow would have said."""

    cards: int
    unmatched: int
    shadow: int


def purge(engine: Engine, before: str) -> Purged:
    """Delete what is older than a moment.

    Cards shown before it with their feedback, whenever that came; older feedback without a card; and what rules in
    shadow would have said before it.

    Raises:
        StartError: when the database is held or goes away meanwhile. What was deleted stays deleted.
    """
    known = exists().where(CARDS.c.uuid == FEEDBACK.c.card)
    old = select(CARDS.c.uuid).where(CARDS.c.answered_at < before).limit(_AT_ONCE)
    alone = select(FEEDBACK.c.card).where(FEEDBACK.c.received_at < before, ~known).distinct().limit(_AT_ONCE)
    dark = select(SHADOW_FINDINGS.c.uuid).where(SHADOW_FINDINGS.c.answered_at < before).limit(_AT_ONCE)
    try:
        return Purged(
            cards=_purge(engine, old, _OF_CARD),
            unmatched=_purge(engine, alone, _OF_CARD),
            shadow=_purge(engine, dark, (SHADOW_FINDINGS.c.uuid,)),
        )
    except SQLAlchemyError as error:
        raise StartError(f"{unusable(engine.url, error)}. Run it again: what was deleted stays deleted") from None


def _purge(engine: Engine, which: Select[str], keys: Sequence[Column[str]]) -> int:
    deleted = 0
    while True:
        with engine.begin() as connection:
            found = list(connection.scalars(which))
            for key in keys:
                connection.execute(delete(key.table).where(key.in_(found)))
        deleted += len(found)
        if len(found) < _AT_ONCE:
            return deleted
