"""Cross-origin access for browser clients such as the public sandbox: on every answer, errors included (S-30 to S-35).

Any origin may read an open service: it is bound to this computer, and it knows nobody's cookies or secrets. Of an
authenticated service only the origins that the site file lists may; where it lists none, browsers are told nothing.
"""

from __future__ import annotations

from collections.abc import Collection

from flask import Flask, Response, request

ROOT = "/cds-services"
_METHODS = "GET, POST, OPTIONS"
_HEADERS = "Authorization, Content-Type"
_SECONDS = "600"
_NETWORK = "Access-Control-{}-Private-Network"


def add_cors(app: Flask, origins: Collection[str] | None) -> None:
    """Answer preflights under /cds-services, and let origins read what is answered there.

    Args:
        app: where.
        origins: which; None for any.
    """
    if origins is not None and not origins:
        return

    def allowed() -> str:
        """What the answer to this request says of who may read it; empty for nothing."""
        if origins is None:
            return "*"
        origin = request.headers.get("Origin", "")
        return origin if origin in origins else ""

    @app.before_request
    def preflight() -> Response | None:
        if request.method != "OPTIONS" or not is_service_path(request.path):
            return None
        answer = Response(status=204)
        if not allowed():
            return answer
        answer.headers["Access-Control-Allow-Methods"] = _METHODS
        answer.headers["Access-Control-Allow-Headers"] = _HEADERS
        answer.headers["Access-Control-Max-Age"] = _SECONDS
        if request.headers.get(_NETWORK.format("Request")) == "true":
            answer.headers[_NETWORK.format("Allow")] = "true"
        return answer

    @app.after_request
    def readable(answer: Response) -> Response:
        if is_service_path(request.path):
            if origins is not None:
                answer.vary.add("Origin")
            if allowed():
                answer.headers["Access-Control-Allow-Origin"] = allowed()
        return answer


def is_service_path(path: str) -> bool:
    """Whether a path is one of CDS Hooks, rather than of a page or a probe."""
    return path == ROOT or path.startswith(f"{ROOT}/")
