"""JSON answers, and errors as OperationOutcome (checklist section 7)."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from cds.errors import RequestError
from cds.web.log import log_failure
from cds.wire.outcome import outcome, outcome_of_status


def json_reply(body: dict[str, Any] | bytes, status: int = 200) -> Response:
    """An answer in JSON."""
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return Response(content, status, content_type="application/json")


def add_errors(app: Flask) -> None:
    """Turn every error into an OperationOutcome; one that is our own fault is logged, and tells nothing."""

    @app.errorhandler(RequestError)
    def refused(error: RequestError) -> Response:
        return json_reply(outcome(error), error.status)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        status = error.code or 500
        answer = json_reply(outcome_of_status(status), status)
        kept = dict(error.get_headers(request.environ))
        if "Allow" in kept:
            answer.headers["Allow"] = kept["Allow"]
        return answer

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        log_failure("failed", error, request_id=g.get("request_id", ""))
        return json_reply(outcome_of_status(500), 500)
