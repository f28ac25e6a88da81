"""Entries into the tables. What is there already stays as it is, so an entry may be written again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite

from cds.record.entry import Entry
from cds.record.memory import write_memos, write_overrides
from cds.record.tables import ACCEPTED_SUGGESTIONS, CARDS, FEEDBACK, FINDINGS, SHADOW_FINDINGS, SUGGESTIONS


def write_entries(connection: Connection, entries: Sequence[Entry]) -> None:
    """Write cards with all that is on them, what rules in shadow would have said, feedback (F-2) and memory."""
    cards = [card for entry in entries for card in entry.cards]
    _add(connection, CARDS, (_columns(CARDS, card) for card in cards))
    _add(
        connection,
        FINDINGS,
        (
            {
                "card": card.uuid,
                "finding": each.id,
                "rule": each.rule,
                "rule_version": each.version,
                "rule_case": each.case,
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
    _add(connection, SHADOW_FINDINGS, (_columns(SHADOW_FINDINGS, each) for entry in entries for each in entry.shadow))
    _add_feedback(connection, entries)
    for entry in entries:
        write_memos(connection, entry.memos, entry.received_at)
        write_overrides(connection, entry.items, entry.received_at)


def _add_feedback(connection: Connection, entries: Sequence[Entry]) -> None:
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
                "received_at": entry.received_at,
            }
            for entry in entries
            for item in entry.items
        ),
    )
    _add(
        connection,
        ACCEPTED_SUGGESTIONS,
        (
            {"card": item.card, "outcome_at": item.at, "suggestion": each}
            for entry in entries
            for item in entry.items
            for each in item.suggestions
        ),
    )


def _columns(table: Table, kept: object) -> Mapping[str, Any]:
    return {column.name: getattr(kept, column.name) for column in table.columns}


_INSERTS: Mapping[str, Callable[[Table], Insert]] = {
    "sqlite": lambda table: sqlite.insert(table).on_conflict_do_nothing(),
    "postgresql": lambda table: postgresql.insert(table).on_conflict_do_nothing(),
}


def _add(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    # In one order everywhere, so that two processes that write the same rows do not wait for each other in a circle.
    sent = sorted(rows, key=lambda row: tuple(str(row[column.name]) for column in table.primary_key))
    if sent:
        connection.execute(_INSERTS[connection.dialect.name](table), sent)
