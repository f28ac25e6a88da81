import multiprocessing
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from record_samples import prepared, rows
from sqlalchemy import text

import cds.record.migrations
from cds.errors import StartError
from cds.record.database import open_current, open_engine, prepare
from cds.record.place import FILE, Place, find_place
from cds.record.tables import HEAD, METADATA


def test_the_migrations_make_the_tables_of_the_code(tmp_path):
    """Migrated step by step, the database is what cds/record/tables.py says."""
    engine = open_engine(prepared(tmp_path))
    try:
        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    finally:
        engine.dispose()


def test_the_newest_migration_is_the_one_that_the_code_expects():
    """HEAD is the head of the migrations: a new one cannot be forgotten."""
    folder = Path(cds.record.migrations.__file__).parent
    assert ScriptDirectory(str(folder)).get_heads() == [HEAD]


def test_there_is_no_column_for_a_person(tmp_path):
    """F-13, privacy: no table has a column for a patient, a user, a token or a comment's text."""
    place = prepared(tmp_path)
    made = " ".join(sql for (sql,) in rows(place, "select sql from sqlite_master where sql is not null")).lower()
    assert not [word for word in ("patient", "user", "practitioner", "token", "usercomment", "text") if word in made]


def test_every_commit_is_on_disk(tmp_path):
    """F-9: write-ahead log, synchronous FULL, and five seconds of patience with another process."""
    engine = open_engine(prepared(tmp_path))
    try:
        with engine.connect() as connection:
            found = {
                name: connection.scalar(text(f"pragma {name}"))
                for name in ("journal_mode", "synchronous", "busy_timeout")
            }
    finally:
        engine.dispose()
    assert found == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 5000}


def test_only_its_owner_reads_the_folder(tmp_path):
    """The folder of the records is made for its owner alone."""
    place = prepared(tmp_path / "made" / "here")
    assert stat.S_IMODE(place.file.parent.stat().st_mode) == 0o700


def test_processes_may_start_at_once(tmp_path):
    """Several processes that prepare one new database at the same time all succeed."""
    place = Place(tmp_path / FILE)
    started = [multiprocessing.get_context("spawn").Process(target=prepare, args=(place,)) for _ in range(4)]
    for each in started:
        each.start()
    for each in started:
        each.join(60)
    assert [each.exitcode for each in started] == [0] * 4
    assert rows(place, "select version_num from alembic_version") == [(HEAD,)]


def test_preparing_again_changes_nothing(tmp_path):
    """A second start keeps what is there."""
    place = prepared(tmp_path)
    with closing(sqlite3.connect(place.file)) as connection, connection:
        connection.execute("insert into suggestions values ('c', 's', 'n')")
    prepare(place)
    assert rows(place, "select * from suggestions") == [("c", "s", "n")]


def test_a_newer_database_is_not_touched(tmp_path):
    """A database of a newer release ends the start with a sentence, and so does a report on it."""
    place = prepared(tmp_path)
    with closing(sqlite3.connect(place.file)) as connection, connection:
        connection.execute("update alembic_version set version_num = '99'")
    for use in (prepare, open_current):
        with pytest.raises(
            StartError, match=f"newer release: its tables are revision 99, and this release knows {HEAD}"
        ):
            use(place)


def test_what_is_no_database_ends_the_start(tmp_path):
    """A file that is no database, a folder that cannot be made, an odd URL: each ends the start with a sentence."""
    (tmp_path / FILE).write_text("no database, but long enough to be looked at as one by its header" * 20)
    (tmp_path / "file").write_text("")
    for place in (
        Place(tmp_path / FILE),
        Place(tmp_path / "file" / "below" / FILE),
        Place(url="sqlite://"),
        Place(url="mysql://host/name"),
        Place(url="no url"),
    ):
        with pytest.raises(StartError):
            prepare(place)


def test_a_report_makes_no_database(tmp_path):
    """A report on a folder without records says so and leaves the folder as it is."""
    with pytest.raises(StartError, match="no records yet"):
        open_current(Place(tmp_path / FILE))
    assert not list(tmp_path.iterdir())


@pytest.mark.needs("psycopg")
def test_a_server_that_is_away_is_said_without_its_password():
    """A PostgreSQL that does not answer ends the start; the message and the place never show the password."""
    place = Place(url="postgresql://cds:SECRET@127.0.0.1:9/cds")
    with pytest.raises(StartError) as caught:
        prepare(place)
    assert "SECRET" not in str(caught.value) + repr(place)
    assert "postgresql" in str(caught.value)


def test_the_place_is_found_in_order(tmp_path):
    """The database's URL, else a file; in --data, else the folder of the environment, else the user's state folder."""
    environment = {
        "ISOTRETINOIN_CDS_DATABASE": "postgresql://h/n",
        "ISOTRETINOIN_CDS_DATA": "/data",
        "XDG_STATE_HOME": "/state",
    }
    assert find_place(tmp_path, environment) == Place(url="postgresql://h/n", folder=tmp_path)
    found = find_place(None, environment)
    assert found == Place(url="postgresql://h/n", folder=Path("/data"))
    assert found.journal == Path("/data/journal")
    del environment["ISOTRETINOIN_CDS_DATABASE"]
    assert find_place(tmp_path, environment) == Place(tmp_path / FILE)
    assert find_place(None, environment) == Place(Path("/data") / FILE)
    del environment["ISOTRETINOIN_CDS_DATA"]
    assert find_place(None, environment) == Place(Path("/state/isotretinoin-cds") / FILE)
    for state in ("", "relative"):
        assert find_place(None, {"XDG_STATE_HOME": state}).file == Path.home() / ".local/state/isotretinoin-cds" / FILE


def test_a_database_by_its_url_needs_a_folder_too():
    """The journal is on this computer, wherever the database is."""
    with pytest.raises(StartError, match="ISOTRETINOIN_CDS_DATA"):
        _ = Place(url="postgresql://h/n").journal


@pytest.mark.needs("postgresql")
def test_postgresql_has_the_same_tables(postgresql):
    """The migrations make the same tables on PostgreSQL."""
    place = postgresql()
    prepare(place)
    engine = open_current(place)
    try:
        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    finally:
        engine.dispose()
