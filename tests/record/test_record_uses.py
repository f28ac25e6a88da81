"""The shared memory of used tokens, in SQLite and in PostgreSQL."""

import multiprocessing
import os
import sqlite3
import stat
from contextlib import closing

import pytest

from cds.errors import StartError
from cds.record.place import FILE as RECORDS
from cds.record.place import Place
from cds.record.uses import open_uses
from cds.record.uses_database import FILE, open_database

NOW = 1_800_000_000.0
PATIENT_S = 20


@pytest.fixture
def opened():
    """Opens memories, and closes them afterwards."""
    found = []

    def opening(place, **options):
        uses = open_uses(place)
        for name, value in options.items():
            setattr(uses, f"_{name}", value)
        found.append(uses)
        return uses

    yield opening
    for each in found:
        each.close()


def patient(opened, place, now=lambda: NOW):
    """A memory that waits however slow the computer is."""
    return opened(place, now=now, patience_s=PATIENT_S)


@pytest.fixture(params=["sqlite", "sqlite url", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))])
def place(request, tmp_path):
    """A place of records."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgresql")()
    path = tmp_path / RECORDS
    return Place(path) if request.param == "sqlite" else Place(url=f"sqlite:///{path}")


def test_a_use_is_the_first_once(opened, place):
    """Another memory of the same place, as that of another process, knows it; so does one that is opened later."""
    one, other = patient(opened, place), patient(opened, place)
    use = os.urandom(32)
    assert one.first(use, NOW + 100) is True
    assert one.first(use, NOW + 100) is False
    assert other.first(use, NOW + 100) is False
    assert other.first(os.urandom(32), NOW + 100) is True
    one.close()
    assert patient(opened, place).first(use, NOW + 100) is False


def test_a_use_whose_time_is_over_counts_no_more(opened, place):
    """What can no longer be used may be forgotten, and is deleted; what can be is kept."""
    moment = [NOW]
    uses = patient(opened, place, lambda: moment[0])
    short, long = os.urandom(32), os.urandom(32)
    assert uses.first(short, NOW + 10) is True
    assert uses.first(long, NOW + 1000) is True
    moment[0] = NOW + 11
    assert uses.first(short, NOW + 20) is True
    assert uses.first(short, NOW + 20) is False
    moment[0] = NOW + 500
    uses._pruned_at = float("-inf")
    assert uses.first(os.urandom(32), NOW + 1000) is True
    assert uses.first(long, NOW + 1000) is False
    if place.file is not None:
        with closing(sqlite3.connect(place.file.with_name(FILE))) as connection:
            assert {each for (each,) in connection.execute("select digest from uses")} >= {long}
            assert (short,) not in connection.execute("select digest from uses").fetchall()


def _race(place, uses, gate, found):
    memory = open_uses(place)
    memory._now, memory._patience_s = lambda: NOW, PATIENT_S
    gate.wait()
    found.put([memory.first(use, NOW + 100) for use in uses])
    memory.close()


def test_of_processes_that_race_one_is_the_first(place):
    """Four processes that start at once and use the same tokens: each token is the first in one of them."""
    processes = multiprocessing.get_context("spawn")
    gate, found = processes.Barrier(4), processes.Queue()
    uses = [os.urandom(32) for _ in range(50)]
    running = [processes.Process(target=_race, args=(place, uses, gate, found)) for _ in range(4)]
    for each in running:
        each.start()
    answers = [found.get(timeout=60) for _ in running]
    for each in running:
        each.join(60)
    assert [sorted(told) for told in zip(*answers, strict=True)] == [[False, False, False, True]] * 50


def test_a_hung_database_holds_nobody_up(opened, tmp_path, caplog):
    """Within its patience a call hears that nobody knows; what it asked about is written once that works again."""
    place = Place(tmp_path / RECORDS)
    uses = opened(place, now=lambda: NOW, patience_s=0.05)
    use = os.urandom(32)
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as connection:
        connection.execute("begin exclusive")
        assert uses.first(use, NOW + 100) is None
        assert uses.first(use, NOW + 100) is None
        connection.execute("rollback")
    uses._patience_s = PATIENT_S
    while (told := uses.first(os.urandom(32), NOW + 100)) is None:
        pass
    assert told is True
    assert uses.first(use, NOW + 100) is False
    said = [record.getMessage() for record in caplog.records]
    assert [each.partition(":")[0] for each in said] == [
        "used tokens cannot be shared, each process knows its own alone",
        "used tokens are shared by all processes again",
    ]


@pytest.mark.needs("postgresql")
def test_a_database_server_that_refuses_is_no_answer(opened, postgresql):
    """A table that is gone, as anything that goes wrong there, is said once, and no call fails for it."""
    import psycopg  # noqa: PLC0415 - without it the test is left out

    place = postgresql()
    uses = patient(opened, place)
    assert uses.first(os.urandom(32), NOW + 100) is True
    use = os.urandom(32)
    with psycopg.connect(place.url, autocommit=True) as connection:
        connection.execute("alter table uses rename to away")
        assert uses.first(use, NOW + 100) is None
        connection.execute("alter table away rename to uses")
    while uses.first(os.urandom(32), NOW + 100) is None:
        pass
    assert uses.first(use, NOW + 100) is False


def test_its_file_is_for_its_owner_and_does_not_wait_for_the_disk(opened, tmp_path):
    """The folder is made for the owner alone; commits are synchronous NORMAL, as the records' are not."""
    place = Place(tmp_path / "made" / RECORDS)
    uses = patient(opened, place)
    assert uses.where == str(tmp_path / "made" / FILE)
    assert stat.S_IMODE((tmp_path / "made").stat().st_mode) == 0o700
    with closing(sqlite3.connect(tmp_path / "made" / FILE)) as connection:
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)
    engine = open_database(Place(tmp_path / "made" / FILE))
    with engine.connect() as connection:
        assert connection.exec_driver_sql("pragma synchronous").scalar() == 1
    engine.dispose()


@pytest.mark.parametrize("place", [Place(url="postgresql://nobody@127.0.0.1:9/none"), Place(url="mysql://x/y")])
def test_what_cannot_be_opened_is_said_at_the_start(place):
    """A database that is not there, or is of another kind, stops the start with a sentence."""
    with pytest.raises(StartError):
        open_uses(place)
