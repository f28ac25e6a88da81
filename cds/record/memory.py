"""Findings that need not be shown again, in the database: written, called up by feedback, looked up, forgotten.

Expired entries count for nothing wherever they are read, and stay until `forget_expired` deletes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlalchemy import Connection, Engine, Table, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from cds.cards.repeats import OVERRIDDEN, Memo
from cds.record.feedback import OVERRIDDEN as OVERRIDDEN_CARD
from cds.record.feedback import FeedbackItem
from cds.record.moments import as_text
from cds.record.tables import MEMORY, MEMORY_PENDING

_AT_ONCE = 500
_INSERTS: Mapping[str, Callable[[Table], sqlite.Insert | postgresql.Insert]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


def write_memos(connection: Connection, memos: Sequence[Memo], now: str) -> None:
    """Write what is to be remembered: what counts at once, and what waits for its card to be overridden."""
    _remember(connection, [_row(each, kind=each.kind) for each in memos if not each.card], now)
    waiting = [_row(each, card=each.card) for each in memos if each.card]
    if waiting:
        insert = _INSERTS[connection.dialect.name](MEMORY_PENDING).on_conflict_do_nothing()
        connection.execute(insert, sorted(waiting, key=lambda row: (row["card"], row["key"])))


def _row(memo: Memo, **more: str) -> dict[str, str]:
    return {"key": memo.key, "expires_at": as_text(memo.expires_at), **more}


def write_overrides(connection: Connection, items: Iterable[FeedbackItem], now: str) -> None:
    """Remember what waited for its card to be overridden, until the moment that was set when the card was shown.

    The client's own time does not count: a wrong clock must not make anything last longer.
    """
    cards = sorted({each.card for each in items if each.outcome == OVERRIDDEN_CARD})
    if not cards:
        return
    of_cards = MEMORY_PENDING.c.card.in_(cards)
    waiting = connection.execute(select(MEMORY_PENDING.c.key, MEMORY_PENDING.c.expires_at).where(of_cards)).all()
    if not waiting:
        return
    rows = [{"key": key, "kind": OVERRIDDEN, "expires_at": until} for key, until in waiting if until > now]
    _remember(connection, rows, now)
    connection.execute(delete(MEMORY_PENDING).where(of_cards))


def _remember(connection: Connection, rows: Iterable[Mapping[str, str]], now: str) -> None:
    """An override lasts until the later moment; what was shown lasts from the first time, unless that has expired."""
    latest = {row["key"]: row for row in sorted(rows, key=lambda row: row["expires_at"])}
    if not latest:
        return
    insert = _INSERTS[connection.dialect.name](MEMORY)
    has_expired = MEMORY.c.expires_at <= now
    lasts_longer = (MEMORY.c.kind == OVERRIDDEN) & (MEMORY.c.expires_at < insert.excluded.expires_at)
    upsert = insert.on_conflict_do_update(
        index_elements=[MEMORY.c.key],
        set_={"expires_at": insert.excluded.expires_at},
        where=has_expired | lasts_longer,
    )
    # In one order everywhere, so that two processes do not wait for each other in a circle.
    connection.execute(upsert, [dict(latest[key]) for key in sorted(latest)])


def read_memory(connection: Connection, keys: Sequence[str], now: str) -> dict[str, str]:
    """Which of some keys are remembered now, and until when."""
    asked = select(MEMORY.c.key, MEMORY.c.expires_at).where(MEMORY.c.key.in_(keys), MEMORY.c.expires_at > now)
    return {row.key: row.expires_at for row in connection.execute(asked)}


def forget_expired(engine: Engine, now: str) -> int:
    """Delete what has expired, and tell how much it was; bit by bit, so that the service can write in between."""
    return sum(_forget_expired(engine, table, now) for table in (MEMORY_PENDING, MEMORY))


def _forget_expired(engine: Engine, table: Table, now: str) -> int:
    deleted = 0
    old = table.c.expires_at <= now
    while True:
        with engine.begin() as connection:
            keys = list(connection.scalars(select(table.c.key).where(old).limit(_AT_ONCE)))
            deleted += connection.execute(delete(table).where(table.c.key.in_(keys), old)).rowcount
        if len(keys) < _AT_ONCE:
            return deleted


def forget_all(engine: Engine) -> int:
    """Delete everything that is remembered, and tell how much it was."""
    deleted = 0
    with engine.begin() as connection:
        for table in (MEMORY_PENDING, MEMORY):
            deleted += connection.scalar(select(func.count()).select_from(table)) or 0
            connection.execute(delete(table))
    return deleted
