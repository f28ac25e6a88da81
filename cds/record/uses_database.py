"""The table of used tokens, where it is, and what is done with it.

Of a token there is a digest of its issuer and id, and until when it could be used again; then the row is deleted. That
is an hour at most, so a table of another shape takes another name, and nothing is migrated.

Beside records in SQLite it is a file of its own, with ``synchronous`` NORMAL: a use need not wait for the disk. The end
of a process loses nothing; a loss of power may lose the last moments, and a token of these that somebody stole could
be used once more before it expires.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Column, Engine, LargeBinary, MetaData, Table, bindparam, delete, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.dml import ReturningInsert

from cds.errors import StartError
from cds.record.database import open_engine, shown_url
from cds.record.place import Place

FILE = "replay.sqlite"
_BUSY_MS = 200
# Any number that other programs on the same server do not use for a lock of theirs.
_LOCK = 7_346_501_173
# A server that is gone without a word must be noticed, or its return would not be either.
_POSTGRESQL = {
    "options": "-c statement_timeout=2000",
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 5000,
}

METADATA = MetaData()
USES = Table(
    "uses",
    METADATA,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("until", BigInteger, nullable=False, index=True),
)


def place_of_uses(records: Place) -> Place:
    """Where uses are kept: a file beside that of the records; with a database server, the same database.

    Raises:
        StartError: when the URL is not that of a database that can be used.
    """
    if records.file is not None:
        return Place(records.file.with_name(FILE))
    url = open_engine(records).url
    return Place(Path(url.database or "").with_name(FILE)) if url.get_backend_name() == "sqlite" else records


def open_database(place: Place) -> Engine:
    """An engine of one connection, which is made when it is first used.

    Raises:
        StartError: when the URL is not that of a database that can be used.
    """
    engine = open_engine(place)
    if engine.dialect.name == "postgresql":

        @event.listens_for(engine, "do_connect")
        def connect(_: object, __: object, ___: object, parameters: dict[str, Any]) -> None:
            parameters.update(_POSTGRESQL)

    else:

        @event.listens_for(engine, "connect")
        def connected(connection: Any, _: object) -> None:
            for pragma in ("synchronous=normal", f"busy_timeout={_BUSY_MS}"):
                connection.execute(f"pragma {pragma}").close()

    return engine


def prepare_uses(place: Place) -> None:
    """Make the table where there is none. Several processes may do it at once.

    Raises:
        StartError: when the database cannot be opened or written.
    """
    try:
        if place.file is not None:
            place.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(f"{place.file} cannot be made: {error.strerror}. Choose another --data") from None
    engine = open_database(place)
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            METADATA.create_all(connection)
    except SQLAlchemyError as error:
        why = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
        raise StartError(f"{shown_url(engine.url)} cannot be used to remember used tokens: {why}") from None
    finally:
        engine.dispose()


def write_uses(engine: Engine, uses: Iterable[tuple[bytes, int]], now: int) -> list[bool]:
    """Write uses in one transaction, and tell of each whether there was none. A row whose time is over counts as none.

    Args:
        engine: of the database.
        uses: digest and until when, in the order of the digests: two processes that write the same rows must not wait
            for each other in a circle.
        now: seconds since 1970.
    """
    insert = _INSERTS[engine.dialect.name]
    with engine.begin() as connection:
        return [
            connection.execute(insert, {"digest": digest, "until": until, "now": now}).first() is not None
            for digest, until in uses
        ]


def prune_uses(engine: Engine, now: int) -> None:
    """Delete what can no longer be used."""
    with engine.begin() as connection:
        connection.execute(delete(USES).where(USES.c.until <= now))


def _inserting(insert: sqlite.Insert | postgresql.Insert) -> ReturningInsert[Any]:
    return insert.on_conflict_do_update(
        index_elements=[USES.c.digest],
        set_={"until": insert.excluded.until},
        where=USES.c.until <= bindparam("now", type_=BigInteger),
    ).returning(USES.c.digest)


_INSERTS = {"sqlite": _inserting(sqlite.insert(USES)), "postgresql": _inserting(postgresql.insert(USES))}
