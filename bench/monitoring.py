"""``python -m bench.monitoring``: what counting and tracing add to a call, in processor time, in one process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import thread_time

from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from bench.bodies import HOOK, TODAY, bodies
from bench.growth import content, hook_service
from cds.answer import Answer, Step, answer
from cds.clock import monotonic, utc_now
from cds.language.defaults import default_profile
from cds.settings import Settings
from cds.web.edge import edges
from cds.web.metrics import Metrics
from cds.web.monitoring import metrics_folder
from cds.web.services import load_ready
from cds.web.tracing import Tracing
from cds.web.watch import Finished, Watch
from cds.wire.request import read_call

_RUNS, _ROUNDS = 500, 15


class _Nowhere(SpanExporter):
    """Takes spans and sends nothing: sending is another thread's work."""

    def export(self, spans: object) -> SpanExportResult:  # noqa: ARG002 - the library names it
        """Nothing is sent."""
        return SpanExportResult.SUCCESS


def main() -> int:
    """Measure, and print a line for each."""
    files = content()
    ready = load_ready(files, default_profile(files))
    service = hook_service(ready)
    made = bodies([service.plan.groups[name] for name in service.plan.needs[HOOK]], 2_000)
    edge = edges(Settings(open=True, today=TODAY))
    with metrics_folder() as folder:
        metrics = Metrics(folder)
        metrics.begin(ready, ())
        tracing = Tracing(lambda: BatchSpanProcessor(_Nowhere()))
        for name, body in (("full", made.full), ("other drug", made.other_drug)):
            watch = Watch()
            watch.passed(Step.READ)
            call = read_call(body, service.hook, service.problems)
            watch.passed(Step.DECODE)
            result = answer(call, service.plan, edge(None, watch))
            watch.passed(Step.RENDER)
            told = {"service": service.listed.id, "cards": len(result.cards)}
            done = Finished(
                "id", "POST", "hook_call", "/cds-services/<service_id>", 200, utc_now(), monotonic(), told, watch, ""
            )
            sys.stdout.write(
                f"{name}: stopwatch {_microseconds(_timed(len(watch.laps))):.1f} µs, "
                f"metrics {_microseconds(_counted(metrics, service.listed.id, result, done)):.1f} µs, "
                f"traces {_microseconds(lambda done=done: tracing.finished(done)):.1f} µs a call\n"
            )
        sys.stdout.write(f"one scrape, one process: {_microseconds(metrics.text, 20):.0f} µs\n")
    return 0


def _timed(laps: int) -> Callable[[], object]:
    def work() -> None:
        watch = Watch()
        for _ in range(laps):
            watch.passed(Step.READ)

    return work


def _counted(metrics: Metrics, service: str, result: Answer, done: Finished) -> Callable[[], object]:
    def work() -> None:
        metrics.arrived()
        metrics.answered(service, b"", b"", result)
        metrics.finished(done)
        metrics.left()

    return work


def _microseconds(work: Callable[[], object], runs: int = _RUNS) -> float:
    """The least mean processor time of several rounds."""
    found = []
    for _ in range(_ROUNDS):
        begun = thread_time()
        for _ in range(runs):
            work()
        found.append((thread_time() - begun) / runs * 1e6)
    return min(found)


if __name__ == "__main__":
    sys.exit(main())
