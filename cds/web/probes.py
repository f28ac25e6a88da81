"""``/healthz`` and ``/readyz``: whether the process runs, and whether calls should be sent to it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flask import Flask, Response

from cds.settings import Settings
from cds.web.draining import is_draining
from cds.web.replies import json_reply
from cds.web.services import Ready

if TYPE_CHECKING:
    from cds.record.recorder import Recorder

READY, DEGRADED, DRAINING = "ready", "degraded", "draining"


def add_probes(app: Flask, ready: Ready, settings: Settings, recorder: Recorder | None) -> None:
    """Route both. Neither tells a secret or anything of a patient, and neither asks another computer."""
    state = {
        "mode": "open: callers are not authenticated" if settings.open else "authenticated",
        "profile": settings.profile,
        "packs": {plan.name: plan.version for plan in ready.plans.values()},
        "contentHash": ready.content_hash,
    }

    @app.get("/healthz")
    def alive() -> Response:
        return json_reply({"status": "ok"})

    @app.get("/readyz")
    def is_ready() -> Response:
        """503 once the service is told to stop, so that a load balancer sends no more calls.

        A record that fails is no reason to send a prescriber elsewhere: cards still come, and the state says so.
        """
        record = asdict(recorder.counts()) if recorder is not None else None
        status = DRAINING if is_draining() else DEGRADED if record is not None and _fails(record) else READY
        shown = {"status": status, **state, **({"record": record} if record is not None else {})}
        return json_reply(shown, 503 if status == DRAINING else 200)


def _fails(record: dict[str, Any]) -> bool:
    """Whether the record says of anything that it is so: every state that it has is one of trouble."""
    return any(value is True for value in record.values())
