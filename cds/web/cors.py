"""Cross-origin access for browser clients such as the public sandbox: on every answer, errors included (S-30 to S-35).

Any origin may read an open service: it is bound to this computer, and it knows nobody's cookies or secrets.
"""

from __future__ import annotations

from flask import Flask, Response, request

ROOT = "/cds-services"
_METHODS = "GET, POST, OPTIONS"
_HEADERS = "Authorization, Content-Type"
_SECONDS = "600"
_NETWORK = "Access-Control-{}-Private-Network"


def add_cors(app: Flask) -> None:
    """Answer preflights under /cds-services, and let any origin read what is answered there."""

    @app.before_request
    def preflight() -> Response | None:
        if request.method != "OPTIONS" or not _is_service_path(request.path):
            return None
        answer = Response(status=204)
        answer.headers["Access-Control-Allow-Methods"] = _METHODS
        answer.headers["Access-Control-Allow-Headers"] = _HEADERS
        answer.headers["Access-Control-Max-Age"] = _SECONDS
        if request.headers.get(_NETWORK.format("Request")) == "true":
            answer.headers[_NETWORK.format("Allow")] = "true"
        return answer

    @app.after_request
    def readable(answer: Response) -> Response:
        if _is_service_path(request.path):
            answer.headers["Access-Control-Allow-Origin"] = "*"
        return answer


def _is_service_path(path: str) -> bool:
    return path == ROOT or path.startswith(f"{ROOT}/")
