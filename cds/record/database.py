"""Opens the database and brings its tables up to date. SQLite: write-ahead log, every commit on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from cds.errors import StartError
from cds.record.place import Place
from cds.record.tables import HEAD

BUSY_MS = 5000
_CONNECT_S = 5
_MIGRATIONS = Path(__file__).parent / "migrations"
# Any number that other programs on the same server do not use for a lock of theirs.
_LOCK = 7_346_501_172


def open_engine(place: Place) -> Engine:
    """An engine of one connection. Connections are made when first used, so open it after a fork.

    Raises:
        StartError: when the URL is not that of a database that can be used.
    """
    if place.file is not None:
        return _sqlite(URL.create("sqlite", database=str(place.file)))
    try:
        url = make_url(place.url)
    except ArgumentError:
        raise StartError("the database URL cannot be read; it is such as postgresql://user@host/name") from None
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise StartError("the database URL names no file")
        return _sqlite(url)
    if url.get_backend_name() != "postgresql":
        raise StartError("the database URL is neither of postgresql nor of sqlite")
    try:
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=1,
            max_overflow=0,
            pool_pre_ping=True,
            connect_args={"connect_timeout": _CONNECT_S},
        )
    except ModuleNotFoundError:
        raise StartError("PostgreSQL needs its driver: pip install 'isotretinoin-cds[postgres]'") from None


def prepare(place: Place) -> None:
    """Make the database, or bring its tables up to date. Several processes may do it at once.

    Raises:
        StartError: when it cannot be opened or written, or a newer release made it.
    """
    if place.file is not None:
        try:
            place.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StartError(f"{place.file.parent} cannot be made: {error.strerror}. Choose another --data") from None
    engine = open_engine(place)
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            if _revision(connection) != HEAD:
                _upgrade(connection, engine.url)
    except SQLAlchemyError as error:
        raise _unusable(engine.url, error) from None
    finally:
        engine.dispose()


def open_current(place: Place) -> Engine:
    """An engine over a database that is there already and is up to date: for reports.

    Raises:
        StartError: when there is none, or another release made it.
    """
    if place.file is not None and not place.file.is_file():
        raise StartError(f"there are no records yet: {place.file} is made when the service first starts")
    engine = open_engine(place)
    try:
        with engine.connect() as connection:
            found = _revision(connection)
    except SQLAlchemyError as error:
        engine.dispose()
        raise _unusable(engine.url, error) from None
    if found != HEAD:
        engine.dispose()
        raise StartError(
            f"{shown_url(engine.url)} is not of this release; start the service once to bring it up to date"
        )
    return engine


def shown_url(url: URL) -> str:
    """Where a database is, without its password."""
    return str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, pool_size=1, max_overflow=0, connect_args={"timeout": BUSY_MS / 1000})

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None  # else Python begins transactions of its own, too late and too weak
        for pragma in ("journal_mode=wal", "synchronous=full", "secure_delete=on"):
            connection.execute(f"pragma {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later fails at once when another writes between.
        immediate = not connection.get_execution_options().get("only_reads", False)
        connection.exec_driver_sql("begin immediate" if immediate else "begin")

    return engine


def _revision(connection: Connection) -> str:
    """The revision of the tables; empty when there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.scalar(text("select version_num from alembic_version")) or ""


def _upgrade(connection: Connection, url: URL) -> None:
    # Takes 0.4 s to import, and most starts find the tables up to date.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise StartError(f"{shown_url(url)} was made by a newer release; install that one, or choose another") from None


def _unusable(url: URL, error: SQLAlchemyError) -> StartError:
    why = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
    return StartError(f"{shown_url(url)} cannot be used for records: {why}")
