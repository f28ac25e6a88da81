"""Traces for OpenTelemetry: a span for each request, for each step, and for each fetch. Off unless asked for.

Switched on by the usual variable OTEL_EXPORTER_OTLP_ENDPOINT, where the extra ``tracing`` is installed. Spans are made
of the stopwatch when a request is answered, so nothing of a request reaches them but names and numbers: no address, no
query, no id of a client's. A caller's ``traceparent`` is taken as the parent, its ``tracestate`` and ``baggage`` never.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Mapping
from importlib import import_module
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING

import cds
from cds.errors import StartError
from cds.web.watch import Finished

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.trace import Tracer

SWITCHES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_NAME = "isotretinoin-cds"
_EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
# https://www.w3.org/TR/trace-context/#traceparent-header, version 00: hexadecimal digits only.
_PARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")


def find_tracing(environment: Mapping[str, str]) -> Tracing | None:
    """Tracing as the environment asks for it; None when it does not.

    Raises:
        StartError: when it does, and the extra is not installed.
    """
    if (
        not any(environment.get(each) for each in SWITCHES)
        or environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    ):
        return None
    try:
        import_module(_EXPORTER)  # once, before the fork: it takes 70 ms
    except ModuleNotFoundError:
        switch = next(each for each in SWITCHES if environment.get(each))
        raise StartError(
            f"{switch} asks for traces, and OpenTelemetry is not installed. "
            "Install isotretinoin-cds[tracing], or take the variable away"
        ) from None
    return Tracing(_batches)


class Tracing:
    """Makes spans of requests that are answered.

    It may be made before a server forks: the thread that sends spans begins with the first request of each process.

    Args:
        processor: makes what takes the spans of a process.
    """

    def __init__(self, processor: Callable[[], SpanProcessor]) -> None:
        self._processor = processor
        self._lock = threading.Lock()
        self._process = 0
        self._tracer: Tracer | None = None

    def finished(self, done: Finished) -> None:
        """Make the spans of a request."""
        from opentelemetry.trace import SpanKind, StatusCode, set_span_in_context  # noqa: PLC0415 - only where there are traces

        tracer = self._started()
        nanoseconds = _nanoseconds(done)
        request = tracer.start_span(
            f"{done.method} {done.route or '(none)'}",
            context=_parent(done.parent),
            kind=SpanKind.SERVER,
            attributes=_attributes(done),
            start_time=nanoseconds(done.watch.began),
        )
        if request.is_recording():
            here = set_span_in_context(request)
            for lap in done.watch.laps:
                step = tracer.start_span(lap.step, context=here, start_time=nanoseconds(lap.began))
                step.end(nanoseconds(lap.ended))
            for fetch in done.watch.fetches:
                fetched = tracer.start_span(
                    "fetch",
                    context=here,
                    kind=SpanKind.CLIENT,
                    attributes={"cds.type": fetch.type, "cds.outcome": fetch.outcome, "cds.pages": fetch.pages},
                    start_time=nanoseconds(fetch.began),
                )
                fetched.end(nanoseconds(fetch.ended))
        if done.status >= 500:
            request.set_status(StatusCode.ERROR)
        request.end(nanoseconds(done.ended))

    def _started(self) -> Tracer:
        if self._tracer is None or self._process != os.getpid():
            with self._lock:
                if self._tracer is None or self._process != os.getpid():
                    provider = _provider()
                    provider.add_span_processor(self._processor())
                    # A serving process ends without what `atexit` keeps, but not without this.
                    Finalize(None, provider.shutdown, exitpriority=10)
                    self._tracer = provider.get_tracer(_NAME, cds.__version__)
                    self._process = os.getpid()
        return self._tracer


def _provider() -> TracerProvider:
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - only where there are traces
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - only where there are traces

    named = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": _NAME}
    resource = Resource.create({**named, "service.version": cds.__version__})
    return TracerProvider(resource=resource, shutdown_on_exit=False)


def _batches() -> SpanProcessor:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - only where there are traces
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - only where there are traces

    return BatchSpanProcessor(OTLPSpanExporter())


def _parent(given: str) -> Context | None:
    """The caller's span; None when it names none in the form that the standard wants."""
    from opentelemetry.trace import (  # noqa: PLC0415 - only where there are traces
        NonRecordingSpan,
        SpanContext,
        TraceFlags,
        set_span_in_context,
    )

    found = _PARENT.fullmatch(given)
    if found is None:
        return None
    context = SpanContext(int(found[1], 16), int(found[2], 16), True, TraceFlags(int(found[3], 16) & 1))
    return set_span_in_context(NonRecordingSpan(context))


def _attributes(done: Finished) -> dict[str, str | int]:
    told = done.told
    named = {f"cds.{name}": told[name] for name in ("service", "client", "cards") if name in told}
    return {
        "http.request.method": done.method,
        "http.route": done.route,
        "http.response.status_code": done.status,
        "cds.request_id": done.request_id,
        **named,
    }


def _nanoseconds(done: Finished) -> Callable[[float], int]:
    """From the stopwatch's clock to the time of day."""
    began = done.watch.began
    at = int(done.began_at.timestamp() * 1e9)
    return lambda moment: at + int((moment - began) * 1e9)
