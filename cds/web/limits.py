"""How many calls a process works on at once: those beyond are told at once to come again (checklist E-12).

Without it they would wait in line until their EHR has given up, and the line would grow for as long as that goes on.
"""

from __future__ import annotations

import threading

from flask import Flask, Response, g, request

from cds.web.log import log
from cds.web.replies import json_reply
from cds.wire.outcome import outcome_of_status

SPARE_THREADS = 8
"""Threads beyond the calls at work: they answer probes, and refuse, however busy the others are."""
RETRY_AFTER_S = "1"
_PATHS = "/cds-services/"


class Gate:
    """Counts the calls at work in one process. Safe to share by threads; made before a fork, it counts in each.

    Args:
        most: calls that may be at work at once.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock = threading.Lock()
        self._at_work = 0

    def enter(self) -> bool:
        """Whether there is room for one more, which then counts until it leaves."""
        with self._lock:
            if self._at_work >= self.most:
                return False
            self._at_work += 1
            return True

    def leave(self) -> None:
        """One that entered is done."""
        with self._lock:
            self._at_work -= 1

    @property
    def at_work(self) -> int:
        """Calls at work."""
        return self._at_work


def add_gate(app: Flask, gate: Gate) -> None:
    """Refuse with 503 what comes while as many calls and feedback as may be are at work. Probes and pages pass."""

    @app.before_request
    def enter() -> Response | None:
        if request.method != "POST" or not request.path.startswith(_PATHS):
            return None
        if gate.enter():
            g.entered = True
            return None
        log("busy", request_id=g.get("request_id", ""), at_work=gate.most)
        # An unread body makes the server close the connection, which is what an overloaded one should do.
        answer = json_reply(outcome_of_status(503), 503)
        answer.headers["Retry-After"] = RETRY_AFTER_S
        return answer

    @app.teardown_request
    def leave(_: BaseException | None) -> None:
        if g.pop("entered", False):
            gate.leave()
