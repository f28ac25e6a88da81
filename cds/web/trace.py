"""One log line for each request, and an id by which it is found again."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import Flask, Response, g, request

from cds.clock import monotonic
from cds.web.log import log

HEADER = "X-Request-Id"


def add_trace(app: Flask) -> None:
    """Log every request when it is answered: the route's pattern, never the path or the query as they came."""

    @app.before_request
    def begin() -> None:
        g.request_id = str(uuid4())
        g.started = monotonic()
        g.told = {}

    @app.after_request
    def end(answer: Response) -> Response:
        told: dict[str, Any] = g.get("told", {})
        log(
            "request",
            request_id=g.get("request_id", ""),
            method=request.method if request.method in ("GET", "HEAD", "POST", "OPTIONS") else "other",
            route=request.url_rule.rule if request.url_rule is not None else "",
            status=answer.status_code,
            ms=round((monotonic() - g.get("started", monotonic())) * 1000, 1),
            **told,
        )
        answer.headers[HEADER] = g.get("request_id", "")
        return answer


def tell(**fields: object) -> None:
    """Add fields to the line of the request at hand."""
    g.told.update(fields)
