"""``/demo/last``: the last call, its answer, and why. Only in a demonstration, where every patient is invented."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import orjson
from flask import Flask, Response, render_template, request

from cds.answer import Answer
from cds.web.explained import explained, explained_in_words
from cds.web.replies import json_reply
from cds.web.rule_pages import page

HIDDEN = "(hidden)"


@dataclass(frozen=True)
class _Kept:
    service: str
    request: bytes
    answer: bytes
    result: Answer


class Last:
    """Keeps the last answered call in memory; a call replaces the one before it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: _Kept | None = None

    def keep(self, service: str, request_body: bytes, answer_body: bytes, result: Answer) -> None:
        """Remember a call."""
        with self._lock:
            self._kept = _Kept(service, request_body, answer_body, result)

    def shown(self) -> dict[str, Any] | None:
        """The last call with its explanation, and without its access token; None before the first call."""
        with self._lock:
            kept = self._kept
            if kept is None:
                return None
            return {
                "service": kept.service,
                "request": _without_token(kept.request),
                "answer": orjson.loads(kept.answer),
                "explanation": explained(kept.result),
            }


def add_last(app: Flask, last: Last) -> None:
    """Route ``/demo/last``."""

    @app.get("/demo/last")
    def last_call() -> Response:
        shown = last.shown()
        if request.args.get("format") == "json":
            return json_reply(shown or {})
        return page(
            render_template(
                "last.html",
                shown=shown,
                request_json=_pretty(shown["request"]) if shown else "",
                answer_json=_pretty(shown["answer"]) if shown else "",
                explanation=explained_in_words(shown["explanation"]) if shown else "",
            )
        )


def _without_token(content: bytes) -> Any:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:  # a call is answered although its prefetch, which nobody needed, is no JSON
        return "(not strict JSON)"
    authority = body.get("fhirAuthorization") if isinstance(body, dict) else None
    if isinstance(authority, dict) and "access_token" in authority:
        return {**body, "fhirAuthorization": {**authority, "access_token": HIDDEN}}
    return body


def _pretty(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
