"""Puts together what is seen of a serving process from outside: metrics, and traces where they are switched on."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, Response, g

from cds.chart.breaker import BREAKER
from cds.settings import Settings
from cds.web.begin import BEGIN
from cds.web.metrics import NONE, Metrics
from cds.web.pulse import Pulse
from cds.web.services import Ready
from cds.web.tracing import Tracing, find_tracing
from cds.web.watch import OnFinished

if TYPE_CHECKING:
    from cds.record.recorder import Recorder

_TEXT = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Monitoring:
    """Metrics and, where they are switched on, traces."""

    metrics: Metrics
    pulse: Pulse
    tracing: Tracing | None = None

    @property
    def finished(self) -> tuple[OnFinished, ...]:
        """Who is told of requests that are answered."""
        return (self.metrics.finished, *((self.tracing.finished,) if self.tracing is not None else ()))

    def serving(self, ready: Ready, settings: Settings) -> None:
        """Tell the content and the clients in force."""
        clients = settings.site.clients if settings.site is not None else ()
        self.metrics.begin(ready, [each.name for each in clients])

    def add_to(self, app: Flask) -> None:
        """Route ``/metrics``, and count the requests under way."""

        app.extensions.setdefault(BEGIN, []).append(self.pulse.start)

        @app.before_request
        def arrived() -> None:
            self.metrics.arrived()
            g.counted = True

        @app.teardown_request
        def left(_: BaseException | None) -> None:
            if g.pop("counted", False):  # a request that was turned away before was never counted
                self.metrics.left()

        @app.get("/metrics", endpoint="metrics")
        def shown() -> Response:
            return Response(self.metrics.text(), content_type=_TEXT)


@contextmanager
def metrics_folder() -> Iterator[Path]:
    """A folder for what processes count, private to this user, and gone at the end.

    A service that is killed leaves it behind in the folder for temporary files; it holds numbers only.
    """
    folder = Path(tempfile.mkdtemp(prefix="isotretinoin-cds-metrics-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def open_monitoring(folder: Path, recorder: Recorder | None, environment: Mapping[str, str]) -> Monitoring:
    """Monitoring of a service, before it forks. It stays when content is taken over anew.

    Args:
        folder: of `metrics_folder`.
        recorder: whose states are told; None where nothing is recorded.
        environment: where traces are switched on.

    Raises:
        StartError: when traces are switched on and cannot be had.
    """
    metrics = Metrics(folder)
    if recorder is not None:
        metrics.record(recorder.counts())

    def beat() -> None:
        if recorder is not None:
            metrics.record(recorder.counts())
        metrics.left_alone({server.client or NONE for server in BREAKER.open_now()})

    return Monitoring(metrics, Pulse(beat), find_tracing(environment))
