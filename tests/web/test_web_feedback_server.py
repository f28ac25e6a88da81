import json
import os
import signal
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from uuid import uuid4

from web_samples import HERE, SIGN, as_bytes, prefetch, request
from web_servers import COMMAND, PATIENCE_S, served

from cds.record.place import FILE

SAMPLE = (*COMMAND, "serve", "--open", "--rules", str(HERE / "sample_rules"), "--profile", "sample")
JSON = {"Content_Type": "application/json"}


@contextmanager
def serving(folder, workers):
    """The real command over the sample pack, with records in a folder."""
    with served(folder, *SAMPLE, "--workers", str(workers), "--data", str(folder / "data")) as running:
        yield running


def overridden(card, at="2026-11-24T09:30:00Z"):
    """Feedback to one card."""
    return as_bytes({"feedback": [{"card": card, "outcome": "overridden", "outcomeTimestamp": at}]})


def rows(folder, query):
    """What a query finds in the records."""
    with closing(sqlite3.connect(folder / "data" / FILE, timeout=10)) as connection:
        return connection.execute(query).fetchall()


def test_what_was_acknowledged_outlives_a_kill(tmp_path):
    """F-2: feedback is on disk before its 200; a SIGKILL right after an answer, under load, loses none of it: what is
    not in the database yet is in the journal, and the next start writes it."""
    acknowledged = set()
    with serving(tmp_path, 2) as running:
        enough = threading.Event()

        def client(_):
            for _ in range(10_000):
                card = str(uuid4())
                try:
                    status, _, answer = running.send("POST", f"{SIGN}/feedback", overridden(card), **JSON)
                except OSError:
                    return
                assert (status, answer) == (200, b"{}")
                acknowledged.add(card)
                if len(acknowledged) >= 60:
                    enough.set()
                    os.killpg(running.process.pid, signal.SIGKILL)
                    return

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(client, range(8)))
        assert enough.is_set()
        assert running.process.wait(PATIENCE_S) == -signal.SIGKILL
    with serving(tmp_path, 1) as running:
        assert running.send("POST", f"{SIGN}/feedback", overridden("after"), **JSON)[0] == 200
    written = {card for (card,) in rows(tmp_path, "select card from feedback")}
    assert acknowledged | {"after"} <= written


def test_two_processes_write_side_by_side(tmp_path):
    """F-2: feedback and calls at two workers at once are all answered in time, and kept once each."""
    body = as_bytes(request(prefetch=prefetch()))

    def client(number):
        status, _, answer = running.send("POST", SIGN, body, **JSON)
        assert status == 200
        slowest = 0.0
        cards = [card["uuid"] for card in json.loads(answer)["cards"]]
        for card in cards * 2:  # each twice: a repeat is one row
            began = time.monotonic()
            status, _, _ = running.send("POST", f"{SIGN}/feedback", overridden(card), **JSON)
            slowest = max(slowest, time.monotonic() - began)
            assert status == 200
        return cards, slowest

    with serving(tmp_path, 2) as running:
        with ThreadPoolExecutor(16) as pool:
            found = list(pool.map(client, range(80)))
        readiness = [json.loads(running.send("GET", "/readyz")[2])["record"] for _ in range(20)]
    cards = [card for each, _ in found for card in each]
    assert len(cards) == 160
    assert sorted(rows(tmp_path, "select uuid from cards")) == sorted((card,) for card in cards)
    assert sorted(rows(tmp_path, "select card from feedback")) == sorted((card,) for card in cards)
    assert max(slowest for _, slowest in found) < 3
    assert all(each["dropped"] == 0 and not each["down"] for each in readiness)


def test_what_waits_is_written_when_the_server_stops(tmp_path):
    """S-25: after SIGTERM right behind an answer, its cards are on record, and the process ends with 0."""
    with serving(tmp_path, 2) as running:
        status, _, answer = running.send("POST", SIGN, as_bytes(request(prefetch=prefetch())), **JSON)
        os.kill(running.process.pid, signal.SIGTERM)
        assert running.process.wait(PATIENCE_S) == 0
    assert status == 200
    assert sorted(rows(tmp_path, "select uuid from cards")) == sorted(
        (card["uuid"],) for card in json.loads(answer)["cards"]
    )


def test_while_the_database_is_held_cards_still_come(tmp_path):
    """E-12: another program holds the database: calls and feedback are answered as ever, and all is there later."""
    body = as_bytes(request(prefetch=prefetch()))
    with serving(tmp_path, 1) as running:
        assert running.send("POST", f"{SIGN}/feedback", overridden("before"), **JSON)[0] == 200
        with closing(sqlite3.connect(tmp_path / "data" / FILE, isolation_level=None)) as holder:
            holder.execute("begin immediate")
            began = time.monotonic()
            assert running.send("POST", f"{SIGN}/feedback", overridden("during"), **JSON)[0] == 200
            for _ in range(10):
                status, _, answer = running.send("POST", SIGN, body, **JSON)
                assert (status, len(json.loads(answer)["cards"])) == (200, 2)
            assert time.monotonic() - began < 3
            holder.execute("rollback")
    assert {card for (card,) in rows(tmp_path, "select card from feedback")} == {"before", "during"}
    assert rows(tmp_path, "select count(*) from cards") == [(20,)]


def test_records_can_be_switched_off(tmp_path):
    """F-1: with --no-record nothing is written, and the path for feedback is not there."""
    with served(tmp_path, *SAMPLE, "--workers", "1", "--no-record", "--data", str(tmp_path / "data")) as running:
        assert running.send("POST", SIGN, as_bytes(request(prefetch=prefetch())), **JSON)[0] == 200
        assert running.send("POST", f"{SIGN}/feedback", overridden("c"), **JSON)[0] == 404
        assert "no records" in running.log.read_text()
    assert not (tmp_path / "data").exists()
