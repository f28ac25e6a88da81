"""What is remembered, in the database: written, called up by feedback, looked up without waiting, forgotten."""

import logging
import multiprocessing
import os
import threading
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from record_samples import accepted, card, overridden, until
from sqlalchemy import text

from cds.cards.repeats import Memo
from cds.cli import main
from cds.record.database import open_engine, prepare
from cds.record.lookup import Lookup
from cds.record.memory import forget_all, forget_expired
from cds.record.moments import as_text
from cds.record.place import FILE, Place
from cds.record.recorder import Recorder

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(hours=24)
PATIENT_S = 60


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.moment = NOON

    def __call__(self):
        return as_text(self.moment)


@pytest.fixture
def clock():
    """Noon."""
    return Clock()


@pytest.fixture
def recorder(place, clock):
    """Records that never lose patience."""
    with closing(Recorder(place, now=clock, lookup_patience_s=PATIENT_S)) as found:
        yield found


@contextmanager
def engine_of(place):
    """An engine for a look."""
    engine = open_engine(place)
    try:
        yield engine
    finally:
        engine.dispose()


def count(place):
    """How many entries wait, and how many count."""
    with engine_of(place) as engine, engine.connect() as connection:
        return tuple(connection.scalar(text(f"select count(*) from {name}")) for name in ("memory_pending", "memory"))  # noqa: S608 - two names of this file


def waiting(key, on="c1", expires=NOON + DAY):
    """An override that waits for its card."""
    return Memo("overridden", key, expires, on)


def shown(key, expires=NOON + 365 * DAY):
    """A finding that was shown."""
    return Memo("shown", key, expires)


def keep(recorder, *memos):
    """Keep memos with a card of theirs, and wait until they are in the database."""
    recorder.keep_cards((card("c1"), card("c2")), memos=memos)
    tell(recorder, accepted("other"))


def tell(recorder, *items):
    """Send feedback, and wait until it is in the database."""
    assert recorder.keep_feedback(items)
    until(lambda: recorder.counts().waiting == 0)


def test_an_override_counts_once_feedback_says_so(recorder, place):
    """8.3: what waits for its card counts from the override on, until the moment that was set with the card."""
    keep(recorder, waiting("k1"), waiting("k2"), waiting("k3", "c2"))
    assert recorder.recall(["k1", "k2", "k3"]) == {}
    assert count(place) == (3, 0)
    tell(recorder, overridden("c1"), accepted("c2"), overridden("unknown"))
    assert recorder.recall(["k1", "k2", "k3", "k4"]) == {"k1": NOON + DAY, "k2": NOON + DAY}
    assert count(place) == (1, 2)
    tell(recorder, overridden("c1"))
    assert count(place) == (1, 2)


def test_the_clients_clock_does_not_count(recorder):
    """Feedback dated a year ahead makes nothing last longer."""
    keep(recorder, waiting("k1"))
    tell(recorder, overridden("c1", at="2027-11-24T09:30:00.000000Z"))
    assert recorder.recall(["k1"]) == {"k1": NOON + DAY}


def test_late_feedback_remembers_nothing(recorder, place, clock):
    """Feedback that comes a day after its card counts for nothing, and what waited is gone."""
    keep(recorder, waiting("k1"))
    clock.moment += DAY
    tell(recorder, overridden("c1"))
    assert recorder.recall(["k1"]) == {}
    assert count(place) == (0, 0)


def test_what_has_expired_counts_for_nothing(recorder, clock):
    """At the moment of its expiry, before anything is deleted, an entry is as good as gone."""
    keep(recorder, shown("k1", NOON + DAY))
    clock.moment += DAY - timedelta(microseconds=1)
    assert recorder.recall(["k1"]) == {"k1": NOON + DAY}
    clock.moment += timedelta(microseconds=1)
    assert recorder.recall(["k1"]) == {}


def test_what_was_shown_lasts_from_the_first_time(recorder, clock):
    """8.3: shown again before it expires changes nothing; after that it counts anew."""
    keep(recorder, shown("k1", NOON + DAY))
    keep(recorder, shown("k1", NOON + 2 * DAY))
    assert recorder.recall(["k1"]) == {"k1": NOON + DAY}
    clock.moment += DAY
    keep(recorder, shown("k1", NOON + 2 * DAY), shown("k1", NOON + 3 * DAY))
    assert recorder.recall(["k1"]) == {"k1": NOON + 3 * DAY}


def test_a_second_override_lasts_from_the_second(recorder):
    """The same finding overridden on two cards is remembered until the later moment, in whatever order it is told."""
    keep(recorder, waiting("k1", "c1"), waiting("k1", "c2", NOON + DAY / 2))
    tell(recorder, overridden("c1"))
    tell(recorder, overridden("c2"))
    assert recorder.recall(["k1"]) == {"k1": NOON + DAY}


def test_a_later_process_knows_it_too(recorder, place, clock):
    """It outlives the process."""
    keep(recorder, shown("k1"))
    recorder.close()
    with closing(Lookup(place, clock, PATIENT_S)) as lookup:
        assert lookup(["k1"]) == {"k1": NOON + 365 * DAY}


def test_what_has_expired_is_deleted_and_the_rest_is_kept(recorder, place):
    """8.3: purge deletes what has expired, of both tables, however much; and all of it when told so."""
    old = [waiting(f"w{number}", expires=NOON) for number in range(501)] + [
        shown(f"s{number}", NOON) for number in range(501)
    ]
    keep(recorder, *old, waiting("w"), shown("s"))
    with engine_of(place) as engine:
        assert forget_expired(engine, as_text(NOON)) == 1002
        assert count(place) == (1, 1)
        assert forget_expired(engine, as_text(NOON)) == 0
        assert forget_all(engine) == 2
    assert count(place) == (0, 0)


def test_the_command_forgets(recorder, place, capsys, monkeypatch):
    """Purge alone deletes what has expired, with --memory everything; cards and feedback stay."""
    options = ["--data", str(place.file.parent)] if place.file is not None else []
    if place.url:
        monkeypatch.setenv("ISOTRETINOIN_CDS_DATABASE", place.url)
        monkeypatch.setenv("ISOTRETINOIN_CDS_DATA", str(place.folder))
    keep(recorder, shown("old", datetime(2020, 1, 1, tzinfo=UTC)), shown("new", datetime(9999, 1, 1, tzinfo=UTC)))
    assert main(["purge", *options]) == 0
    assert capsys.readouterr().out == "Deleted 1 expired entries of the memory.\n"
    assert main(["purge", "--memory", *options]) == 0
    assert capsys.readouterr().out == "Deleted 1 entries of the memory.\n"
    assert count(place) == (0, 0)
    assert main(["feedback", "report", *options]) == 0
    assert capsys.readouterr().out.startswith("Cards shown: 2.")


# ------------------------------------------------------------------ a store that fails


def test_a_store_that_fails_remembers_nothing_and_is_counted(recorder, place, caplog):
    """Where the table cannot be read, nothing is remembered, one line is logged, and it is counted; then it works."""
    keep(recorder, shown("k1"))
    with engine_of(place) as engine:
        with engine.begin() as connection:
            connection.execute(text("alter table memory rename to gone"))
        assert [recorder.recall(["k1"]) for _ in range(3)] == [{}] * 3
        with engine.begin() as connection:
            connection.execute(text("alter table gone rename to memory"))
    assert recorder.recall(["k1"]) == {"k1": NOON + 365 * DAY}
    assert (recorder.counts().lookups, recorder.counts().unanswered) == (4, 3)
    said = [each.getMessage().partition(":")[0] for each in caplog.records if each.levelno >= logging.WARNING]
    assert said == [
        "what is remembered cannot be looked up, and is shown",
        "what is remembered can be looked up again",
    ]


@pytest.mark.needs("postgresql")
def test_a_store_that_hangs_holds_nobody_up(postgresql, clock):
    """Only the first question waits; the others find nothing at once, until the store answers again."""
    place = postgresql()
    with closing(Recorder(place, now=clock)) as recorder:
        prepare(place)
        keep(recorder, shown("k1"))
        with closing(Lookup(place, clock, 0.2)) as lookup, engine_of(place) as engine:
            while not lookup(["k1"]):  # the first connection may take longer than that
                pass
            began, failed = lookup.counts()
            with engine.connect() as holder:
                holder.execute(text("lock table memory in access exclusive mode"))
                threads = [threading.Thread(target=lookup, args=(["k1"],)) for _ in range(100)]
                for each in threads:
                    each.start()
                for each in threads:
                    each.join(PATIENT_S)
                assert lookup.counts() == (began + 100, failed + 100)
                holder.rollback()
            give_up = time.monotonic() + PATIENT_S
            while not lookup(["k1"]):
                assert time.monotonic() < give_up
                time.sleep(0.01)


def _recall(lookup):
    os._exit(0 if lookup(["k1"]) == {"k1": NOON + 365 * DAY} else 1)


def test_each_forked_process_asks_by_itself(tmp_path, clock):
    """A lookup that was made and used before a fork works in the process and in those forked from it."""
    place = Place(tmp_path / FILE)
    prepare(place)
    with closing(Recorder(place, now=clock)) as recorder:
        keep(recorder, shown("k1"))
    with closing(Lookup(place, clock, PATIENT_S)) as lookup:
        assert lookup(["k1"])
        forked = [multiprocessing.get_context("fork").Process(target=_recall, args=(lookup,)) for _ in range(2)]
        for each in forked:
            each.start()
        for each in forked:
            each.join(PATIENT_S)
        assert [each.exitcode for each in forked] == [0, 0]
