"""A database of the first release, with rows, is brought up to date with all that it holds."""

import sqlite3
from contextlib import closing

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from record_samples import AT, LATER, overridden, recording, rows, shadowed
from sqlalchemy import text

import cds.record.database
from cds.errors import StartError
from cds.record.database import open_current, open_engine, prepare
from cds.record.place import FILE, Place
from cds.record.report import read_report
from cds.record.tables import METADATA

FIRST = (
    "insert into cards values ('c1', :at, 'order-sign', 's', '', 'sample', '0.1.0', 'ff', 'p', 'labs', 'warning')",
    "insert into findings values ('c1', 'LIPID-01', 'lipids', '1.0.0', 'warning')",
    "insert into suggestions values ('c1', 's1', 'lipid-panel')",
    "insert into feedback values ('c1', 'accepted', :at, '', '', false, :at)",
    "insert into accepted_suggestions values ('c1', :at, 's1')",
)
OLD_WRITE = "insert into findings (card, finding, rule, rule_version, indicator) values ('c2', 'F', 'r', '1', 'info')"


def first_release(place):
    """Make the tables as the first release did, and put a row into each."""
    engine = open_engine(place)
    try:
        with engine.begin() as connection:
            config = Config()
            config.set_main_option("script_location", str(cds.record.database._MIGRATIONS))
            config.attributes["connection"] = connection
            command.upgrade(config, "1")
        with engine.begin() as connection:
            for each in FIRST:
                connection.execute(text(each), {"at": AT} if ":at" in each else {})
    finally:
        engine.dispose()


def check_upgrade(place):
    """Upgrade, and look at everything."""
    first_release(place)
    with pytest.raises(StartError, match="of an older release; start the service once"):
        open_current(place)
    prepare(place)
    engine = open_current(place)
    try:
        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
            assert connection.execute(text("select * from findings")).all() == [
                ("c1", "LIPID-01", "lipids", "1.0.0", "warning", 0)
            ]
            for table in ("cards", "suggestions", "feedback", "accepted_suggestions"):
                assert connection.scalar(text(f"select count(*) from {table}")) == 1, table  # noqa: S608 - ours
        with engine.begin() as connection:
            connection.execute(text(OLD_WRITE))  # a process of the first release that still runs
        found = read_report(engine)
        assert (found.cards, found.accepted) == (1, 1)
        with recording(place) as recorder:
            recorder.keep_cards((), (shadowed("d1"),))
            assert recorder.keep_feedback((overridden("c1", at=LATER),))
        with engine.connect() as connection:
            assert connection.scalar(text("select count(*) from shadow_findings")) == 1
            assert connection.scalar(text("select count(*) from feedback")) == 2
    finally:
        engine.dispose()


def test_an_sqlite_database_of_the_first_release_is_brought_up_to_date(tmp_path):
    """Every row is there afterwards, the new column says that the case is not known, and new records go on."""
    check_upgrade(Place(tmp_path / FILE))


@pytest.mark.needs("postgresql")
def test_a_postgresql_database_of_the_first_release_is_brought_up_to_date(postgresql):
    """The same on PostgreSQL."""
    check_upgrade(postgresql())


def test_an_upgrade_that_fails_changes_nothing(tmp_path):
    """A step that cannot be done leaves the database as it was, for the release that made it."""
    place = Place(tmp_path / FILE)
    first_release(place)
    with closing(sqlite3.connect(place.file)) as connection, connection:
        connection.execute("create table shadow_findings (other text)")
    with pytest.raises(StartError, match="shadow_findings already exists"):
        prepare(place)
    assert rows(place, "select version_num from alembic_version") == [("1",)]
    assert rows(place, "select * from findings") == [("c1", "LIPID-01", "lipids", "1.0.0", "warning")]
