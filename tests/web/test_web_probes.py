"""``/healthz`` and ``/readyz`` of the served process."""

import json
import signal
import sqlite3
import subprocess
import time
from contextlib import closing

import pytest
from web_metrics import kept, post, samples, until
from web_samples import HERE, SIGN, as_bytes, prefetch, request
from web_servers import COMMAND, PATIENCE_S, served

from cds.record.place import FILE

SAMPLE = (*COMMAND, "serve", "--open", "--rules", str(HERE / "sample_rules"), "--profile", "sample", "--workers", "2")


def ready(running):
    """Status and state."""
    status, _, body = running.send("GET", "/readyz")
    return status, json.loads(body)


def test_a_ready_process_says_what_it_serves(tmp_path):
    """Ready: the content's hash, its packs and profile, that callers are not authenticated, and the record's state."""
    with served(tmp_path, *SAMPLE, "--data", str(tmp_path / "data")) as running:
        status, state = ready(running)
        assert (status, state["status"], state["profile"]) == (200, "ready", "sample")
        assert state["mode"] == "open: callers are not authenticated"
        assert len(state["contentHash"]) == 64
        assert state["record"]["down"] is False
        assert str(tmp_path) not in json.dumps(state)


def test_a_record_that_cannot_be_written_leaves_it_ready_and_degraded(tmp_path):
    """E-12: cards still come, so calls are not sent elsewhere; the state and the metrics say what is wrong."""
    with (
        served(tmp_path, *SAMPLE, "--data", str(tmp_path / "data")) as running,
        closing(sqlite3.connect(tmp_path / "data" / FILE, isolation_level=None)) as holder,
    ):
        holder.execute("begin immediate")
        for _ in range(8):  # both processes get some
            answer = running.send("POST", SIGN, as_bytes(request(prefetch=prefetch())), Content_Type="application/json")
            assert answer[0] == 200
        until(lambda: ready(running)[1]["status"] == "degraded")
        assert {ready(running)[0] for _ in range(8)} == {200}
        until(lambda: samples(running)["cds_record_down", ()] >= 1)
        assert samples(running)["cds_record_waiting", ()] > 0
        holder.execute("rollback")
        until(lambda: samples(running)["cds_record_down", ()] == 0)
        until(lambda: {ready(running)[1]["status"] for _ in range(8)} == {"ready"})


def test_a_service_that_was_told_to_stop_is_not_ready_and_still_answers(tmp_path):
    """S-25: after SIGTERM /readyz is 503 in every process for the time asked for, calls are answered, and it ends."""
    with served(tmp_path, *COMMAND, "serve", "--open", "--workers", "2", "--no-record", "--drain", "600") as running:
        assert ready(running)[0] == 200
        running.process.send_signal(signal.SIGTERM)
        until(lambda: ready(running)[0] == 503)
        found = [ready(running) for _ in range(12)]
        assert {(status, state["status"]) for status, state in found} == {(503, "draining")}
        assert running.send("GET", "/healthz")[0] == 200
        status, answer = post(running, kept("no-tests-no-contraception"))
        assert (status, len(answer["cards"]) > 0) == (200, True)
        running.process.send_signal(signal.SIGTERM)  # a second one stops at once
        assert running.process.wait(PATIENCE_S) == 0


def test_draining_ends_by_itself(tmp_path):
    """The service stops when the time is over, with 0."""
    with served(tmp_path, *COMMAND, "serve", "--open", "--workers", "1", "--no-record", "--drain", "1") as running:
        began = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(PATIENCE_S) == 0
        assert time.monotonic() - began >= 1


@pytest.mark.parametrize("seconds", ["-1", "601"])
def test_a_time_to_drain_has_bounds(seconds):
    """More than ten minutes is a mistake."""
    done = subprocess.run(
        [*COMMAND, "serve", "--open", "--drain", seconds],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 2
    assert f"--drain {seconds}: it is a number from 0 to 600" in done.stderr
