"""The service under calls and feedback while it is killed, its database is stopped, and its disk is full."""

import json
import os
import random
import resource
import signal
import sqlite3
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from uuid import uuid4

import pytest
from postgresql_server import server as postgresql_server
from web_samples import HERE, SIGN, as_bytes, prefetch, request
from web_servers import COMMAND, PATIENCE_S, served

from cds.record.place import DATABASE, FILE, JOURNAL

SAMPLE = (*COMMAND, "serve", "--open", "--rules", str(HERE / "sample_rules"), "--profile", "sample")
JSON = {"Content_Type": "application/json"}
CALL = as_bytes(request(prefetch=prefetch()))
MOMENT_S = 1.0


@contextmanager
def serving(folder, workers=2):
    """The real command over the sample pack, with records in a folder."""
    with served(folder, *SAMPLE, "--workers", str(workers), "--data", str(folder / "data")) as running:
        yield running


def rows(folder, query):
    """What a query finds in the records of a folder."""
    with closing(sqlite3.connect(folder / "data" / FILE, timeout=10)) as connection:
        return connection.execute(query).fetchall()


def overridden(card):
    """Feedback to one card."""
    return as_bytes({"feedback": [{"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-24T09:30:00Z"}]})


@dataclass
class Seen:
    """What clients were told.

    Attributes:
        cards: cards that were shown, with when and how many findings each has.
        acknowledged: cards whose feedback was answered 200; sent: all cards that feedback was sent for.
        refused: feedback that was answered 503.
    """

    cards: dict = field(default_factory=dict)
    acknowledged: set = field(default_factory=set)
    sent: set = field(default_factory=set)
    refused: int = 0
    slowest: float = 0.0

    def call(self, running):
        """A call, which must be answered with cards."""
        began = time.monotonic()
        status, _, answer = running.send("POST", SIGN, CALL, **JSON)
        self.slowest = max(self.slowest, time.monotonic() - began)
        cards = json.loads(answer)["cards"]
        assert (status, len(cards)) == (200, 2)
        for card in cards:
            found = len(card["extension"]["isotretinoin-cds.card"]["findings"])
            self.cards[card["uuid"]] = (time.monotonic(), found)
        return cards[0]["uuid"]

    def feedback(self, running, card):
        """Feedback to a card, with whatever answer."""
        self.sent.add(card)
        status, _, _ = running.send("POST", f"{SIGN}/feedback", overridden(card), **JSON)
        assert status in (200, 503)
        if status == 200:
            self.acknowledged.add(card)
        else:
            self.refused += 1
        return status


def stream(running, seen, enough, clients=6):
    """Clients that call and send feedback until they are told that it is enough, or the service is gone."""

    def client(_):
        while not enough.is_set():
            try:
                seen.feedback(running, seen.call(running))
                seen.feedback(running, str(uuid4()))
            except (OSError, HTTPException):
                return

    return ThreadPoolExecutor(clients), client, range(clients)


@contextmanager
def under_load(running, seen):
    """Clients run meanwhile; what they assert is asserted at the end."""
    enough = threading.Event()
    pool, client, clients = stream(running, seen, enough)
    with pool:
        tasks = [pool.submit(client, each) for each in clients]
        try:
            yield
        finally:
            enough.set()
        for each in tasks:
            each.result(PATIENCE_S)


def until(true):
    """Wait for another process to get there."""
    give_up = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def test_killed_again_and_again_nothing_acknowledged_is_lost(tmp_path):
    """SIGKILL at random moments under load, several times: every acknowledged item is there exactly once, no card is
    there in part, and no card is missing that was shown a moment before a kill or earlier."""
    seen, chance, killed_at, kills = Seen(), random.Random(), [], 3  # noqa: S311 - no secret
    for _ in range(kills):
        with serving(tmp_path) as running:
            with under_load(running, seen):
                time.sleep(chance.uniform(0.3, 2.5))
                killed_at.append(time.monotonic())
                os.killpg(running.process.pid, signal.SIGKILL)
            assert running.process.wait(PATIENCE_S) == -signal.SIGKILL
    with serving(tmp_path) as running:
        assert seen.feedback(running, "last") == 200
    kept = Counter(card for (card,) in rows(tmp_path, "select card from feedback"))
    assert seen.acknowledged <= kept.keys() <= seen.sent
    assert set(kept.values()) == {1}
    assert len(seen.acknowledged) > 4 * kills
    findings = dict(rows(tmp_path, "select uuid, count(*) from cards join findings on card = uuid group by uuid"))
    shown_before = {
        card: count
        for card, (at, count) in seen.cards.items()
        if all(not at - MOMENT_S < kill < at + MOMENT_S for kill in killed_at)
    }
    assert shown_before.items() <= findings.items()
    assert all(findings[card] == seen.cards[card][1] for card in findings.keys() & seen.cards.keys())
    assert len(findings) == rows(tmp_path, "select count(*) from cards")[0][0]
    assert list((tmp_path / "data" / JOURNAL).iterdir()) == []


def processes(running):
    """The serving process and those that it started."""
    children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
    return [running.process.pid, *map(int, children)]


def limit_files(running, most):
    """No file of the service may grow beyond a length: as on a full disk, every write of more fails."""
    for process in processes(running):
        _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (most, hard))


def test_with_a_full_disk_cards_still_come_and_nothing_is_acknowledged_that_is_lost(tmp_path):
    """Neither journal nor database nor log can grow: calls are answered, feedback is refused; with room again all goes
    on, and what was acknowledged before, meanwhile and after is there."""
    seen = Seen()
    with serving(tmp_path) as running:
        with under_load(running, seen):
            time.sleep(0.5)
            limit_files(running, 0)
            until(lambda: seen.refused >= 5)
            refused_from = len(seen.cards)
            until(lambda: len(seen.cards) >= refused_from + 20)
            limit_files(running, resource.RLIM_INFINITY)
            again = len(seen.acknowledged)
            until(lambda: len(seen.acknowledged) >= again + 5)
        assert seen.feedback(running, "last") == 200
        records = [json.loads(running.send("GET", "/readyz")[2])["record"] for _ in range(20)]
        assert all(each["dropped"] == 0 and not each["journal_down"] for each in records)
    kept = Counter(card for (card,) in rows(tmp_path, "select card from feedback"))
    assert seen.acknowledged <= kept.keys() <= seen.sent
    assert set(kept.values()) == {1}
    assert seen.cards.keys() == {card for (card,) in rows(tmp_path, "select uuid from cards")}


def test_killed_with_a_full_disk_nothing_acknowledged_is_lost(tmp_path):
    """The disk fills up and the service is killed then: what it acknowledged is there after the next start."""
    seen = Seen()
    with serving(tmp_path) as running:
        with under_load(running, seen):
            time.sleep(0.3)
            # Room for some more: the disk ends in the middle of things.
            limit_files(running, 300_000)
            time.sleep(1.5)
            limit_files(running, 0)
            until(lambda: seen.refused >= 3)
            os.killpg(running.process.pid, signal.SIGKILL)
        running.process.wait(PATIENCE_S)
    with serving(tmp_path) as running:
        assert seen.feedback(running, "last") == 200
    kept = Counter(card for (card,) in rows(tmp_path, "select card from feedback"))
    assert seen.acknowledged <= kept.keys() <= seen.sent
    assert set(kept.values()) == {1}


@pytest.mark.needs("postgresql")
def test_without_its_postgresql_cards_and_feedback_go_on(tmp_path, monkeypatch):
    """PostgreSQL is stopped: calls are answered in their usual time, feedback is acknowledged, also by a service that
    is started meanwhile; when it is back, all of it is there, once."""
    import psycopg  # noqa: PLC0415

    seen = Seen()
    with postgresql_server() as database:
        monkeypatch.setenv(DATABASE, database.url("postgres"))
        command = (*SAMPLE, "--workers", "2", "--data", str(tmp_path / "local"))

        def found(query):
            with psycopg.connect(database.url("postgres")) as connection:
                return connection.execute(query).fetchall()

        with served(tmp_path, *command) as running:
            seen.feedback(running, seen.call(running))
            until(lambda: len(found("select * from feedback")) == 1)
            database.stop()
            seen.slowest = 0.0
            with under_load(running, seen):
                time.sleep(2)
            assert seen.refused == 0
            assert seen.slowest < 3
            os.killpg(running.process.pid, signal.SIGKILL)
            running.process.wait(PATIENCE_S)
        with served(tmp_path, *command) as running:
            assert "records are kept in" in running.log.read_text()
            during = seen.call(running)
            assert seen.feedback(running, during) == 200
            assert found_nothing(database)
            database.start()
            until(lambda: (during,) in found("select card from feedback"))
        kept = Counter(card for (card,) in found("select card from feedback"))
        assert kept == Counter(seen.acknowledged)
        assert {card for (card,) in found("select uuid from cards")} == seen.cards.keys()
    assert list((tmp_path / "local" / JOURNAL).iterdir()) == []


def found_nothing(database):
    """Whether the server is away."""
    import psycopg  # noqa: PLC0415

    try:
        psycopg.connect(database.url("postgres"), connect_timeout=2).close()
    except psycopg.OperationalError:
        return True
    return False
