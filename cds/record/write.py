"""Rows of cards and feedback into the tables. What is there already stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite

from cds.record.feedback import FeedbackItem
from cds.record.shown import ShownCard
from cds.record.tables import ACCEPTED_SUGGESTIONS, CARDS, FEEDBACK, FINDINGS, SUGGESTIONS


def write_cards(connection: Connection, cards: Sequence[ShownCard]) -> None:
    """Write cards with their findings and suggestions."""
    names = [column.name for column in CARDS.columns]
    _add(connection, CARDS, ({name: getattr(card, name) for name in names} for card in cards))
    _add(
        connection,
        FINDINGS,
        (
            {
                "card": card.uuid,
                "finding": each.id,
                "rule": each.rule,
                "rule_version": each.version,
                "indicator": each.indicator,
            }
            for card in cards
            for each in card.findings
        ),
    )
    _add(
        connection,
        SUGGESTIONS,
        ({"card": card.uuid, "uuid": each.uuid, "name": each.name} for card in cards for each in card.suggestions),
    )


def write_feedback(connection: Connection, items: Sequence[FeedbackItem], received_at: str) -> None:
    """Write feedback; an item that was written before changes nothing (F-2)."""
    _add(
        connection,
        FEEDBACK,
        (
            {
                "card": item.card,
                "outcome": item.outcome,
                "outcome_at": item.at,
                "reason_system": item.reason_system,
                "reason_code": item.reason_code,
                "has_comment": item.has_comment,
                "received_at": received_at,
            }
            for item in items
        ),
    )
    _add(
        connection,
        ACCEPTED_SUGGESTIONS,
        ({"card": item.card, "outcome_at": item.at, "suggestion": each} for item in items for each in item.suggestions),
    )


_INSERTS: Mapping[str, Callable[[Table], Insert]] = {
    "sqlite": lambda table: sqlite.insert(table).on_conflict_do_nothing(),
    "postgresql": lambda table: postgresql.insert(table).on_conflict_do_nothing(),
}


def _add(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    # In one order everywhere, so that two processes that write the same rows do not wait for each other in a circle.
    sent = sorted(rows, key=lambda row: tuple(str(row[column.name]) for column in table.primary_key))
    if sent:
        connection.execute(_INSERTS[connection.dialect.name](table), sent)
