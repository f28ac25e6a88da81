"""Opens the database and brings its tables up to date. SQLite: write-ahead log, every commit on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError, SQLAlchemyError

from cds.errors import StartError
from cds.record.place import Place
from cds.record.tables import HEAD

BUSY_MS = 5000
_CONNECT_S = 5
_GIVE_UP_MS = 20_000
# What SQLite says when the file is right and the moment is wrong.
_PASSING = ("SQLITE_BUSY", "SQLITE_FULL", "SQLITE_IOERR")
_MIGRATIONS = Path(__file__).parent / "migrations"
# Any number that other programs on the same server do not use for a lock of theirs.
_LOCK = 7_346_501_172


class AwayError(StartError):
    """The database cannot be used now; later it may, with nothing changed here."""


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
            pool_timeout=_CONNECT_S,
            # A server whose computer is gone is given up by the system.
            connect_args={"connect_timeout": _CONNECT_S, "tcp_user_timeout": _GIVE_UP_MS},
        )
    except ModuleNotFoundError:
        raise StartError("PostgreSQL needs its driver: pip install 'isotretinoin-cds[postgres]'") from None


def prepare(place: Place) -> None:
    """Make the database, or bring its tables up to date. Several processes may do it at once.

    Raises:
        AwayError: when a server does not answer or let us in, or a file is held by another, or its disk is full.
        StartError: when it cannot be used at all, or a newer release made it.
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
            found = _revision(connection)
            if _is_newer(found):
                raise _newer(engine.url, found)
            if found != HEAD:
                _upgrade(connection)
    except SQLAlchemyError as error:
        raise unusable(engine.url, error) from None
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
        with engine.connect().execution_options(only_reads=True) as connection:
            found = _revision(connection)
    except SQLAlchemyError as error:
        engine.dispose()
        raise unusable(engine.url, error) from None
    if found != HEAD:
        engine.dispose()
        if _is_newer(found):
            raise _newer(engine.url, found)
        told = "is of an older release; start the service once to bring it up to date"
        raise StartError(f"{shown_url(engine.url)} {told}")
    return engine


def shown_url(url: URL) -> str:
    """Where a database is, without its password."""
    return str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


def _sqlite(url: URL) -> Engine:
    engine = create_engine(
        url, pool_size=1, max_overflow=0, pool_timeout=_CONNECT_S, connect_args={"timeout": BUSY_MS / 1000}
    )

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


def _upgrade(connection: Connection) -> None:
    # Takes 0.4 s to import, and most starts find the tables up to date.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _is_newer(revision: str) -> bool:
    """Whether tables are of a later release: revisions are numbers, and what is no number is not of ours."""
    return bool(revision) and not (revision.isdecimal() and int(revision) <= int(HEAD))


def _newer(url: URL, found: str) -> StartError:
    return StartError(
        f"{shown_url(url)} was made by a newer release: its tables are revision {found}, and this release knows "
        f"{HEAD}. Install that release, or choose another database"
    )


def unusable(url: URL, error: SQLAlchemyError) -> StartError:
    """What the database said, as an error for the person at the terminal: an `AwayError` when that may pass."""
    origin = getattr(error, "orig", None)
    why = str(origin or type(error).__name__).splitlines()[0]
    told = f"{shown_url(url)} cannot be used for records: {why}"
    if url.get_backend_name() == "sqlite":
        passing = getattr(origin, "sqlite_errorname", "").startswith(_PASSING)
    else:
        passing = isinstance(error, (OperationalError, InterfaceError))
    return AwayError(told) if passing else StartError(told)
