"""One log line for each request, and an id by which it is found again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from flask import Flask, Response, g, request

from cds.clock import monotonic, utc_now
from cds.web.log import log, log_failure
from cds.web.watch import Finished, OnFinished, Watch

HEADER = "X-Request-Id"
_METHODS = ("GET", "HEAD", "POST", "OPTIONS")


def add_trace(app: Flask, finished: Sequence[OnFinished] = ()) -> None:
    """Log every request when it is answered: the route's pattern, never the path or the query as they came.

    The id is always our own. One that came with the request could hold anything, and would get into the log.

    Args:
        app: whose requests are logged.
        finished: each is told of every request, too.
    """

    @app.before_request
    def begin() -> None:
        g.request_id = str(uuid4())
        g.began_at = utc_now()
        g.watch = Watch()
        g.told = {}

    @app.after_request
    def end(answer: Response) -> Response:
        if "watch" not in g:
            return answer
        done = _finished(answer.status_code)
        log(
            "request",
            request_id=done.request_id,
            method=done.method,
            route=done.route,
            status=done.status,
            ms=round((done.ended - done.watch.began) * 1000, 1),
            **done.told,
        )
        for each in finished:
            try:
                each(done)
            except Exception as error:  # noqa: BLE001 - no answer may be lost to its own measurement
                log_failure("request was not measured", error, request_id=done.request_id)
        answer.headers[HEADER] = done.request_id
        return answer


def _finished(status: int) -> Finished:
    told: dict[str, Any] = g.told
    return Finished(
        request_id=g.request_id,
        method=request.method if request.method in _METHODS else "other",
        endpoint=request.endpoint or "",
        route=request.url_rule.rule if request.url_rule is not None else "",
        status=status,
        began_at=g.began_at,
        ended=monotonic(),
        told=told,
        watch=g.watch,
        parent=request.headers.get("traceparent", ""),
    )


def tell(**fields: object) -> None:
    """Add fields to the line of the request at hand."""
    g.told.update(fields)
