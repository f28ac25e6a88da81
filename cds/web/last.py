"""``/demo/last`` and ``/demo/why``: the last calls, their answers, and why. Only in a demonstration."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Any

import orjson
from flask import Flask, Response, render_template, request

from cds.answer import Answer
from cds.web.explained import explained, explained_in_words
from cds.web.replies import json_reply
from cds.web.rule_pages import page
from cds.wire.outcome import outcome_of_status

HIDDEN = "(hidden)"
# A page asks for the explanation of an answer at once; an EHR's burst of calls may come in between.
MOST_KEPT = 16


@dataclass(frozen=True)
class _Kept:
    service: str
    instance: str
    request: bytes
    answer: bytes
    result: Answer


class Last:
    """Keeps the last answered calls in memory; a new one drives out the oldest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: deque[_Kept] = deque(maxlen=MOST_KEPT)

    def keep(self, service: str, request_body: bytes, answer_body: bytes, result: Answer) -> None:
        """Remember a call."""
        kept = _Kept(service, _instance(request_body), request_body, answer_body, result)
        with self._lock:
            self._kept.append(kept)

    def shown(self) -> dict[str, Any] | None:
        """The last call with its explanation, and without its access token; None before the first call."""
        kept = self._newest()
        if kept is None:
            return None
        return {
            "service": kept.service,
            "request": _without_token(kept.request),
            "answer": orjson.loads(kept.answer),
            "explanation": explained(kept.result),
        }

    def why(self, instance: str) -> dict[str, Any] | None:
        """The explanation of the newest call with this ``hookInstance``, as data and in words; None when it is gone."""
        kept = self._newest(instance) if instance else None
        if kept is None:
            return None
        found = explained(kept.result)
        return {"service": kept.service, "explanation": found, "words": explained_in_words(found)}

    def _newest(self, instance: str | None = None) -> _Kept | None:
        with self._lock:
            fitting = (each for each in reversed(self._kept) if instance is None or each.instance == instance)
            return next(fitting, None)


def add_last(app: Flask, last: Last) -> None:
    """Route ``/demo/last``, and ``/demo/why``, which tells of a call to whoever knows its ``hookInstance``."""

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

    @app.get("/demo/why")
    def why() -> Response:
        found = last.why(request.args.get("instance", ""))
        answer = json_reply(found) if found is not None else json_reply(outcome_of_status(404), 404)
        # A page of another origin may read what came of its own calls: their ids are random, and nobody else's.
        answer.headers["Access-Control-Allow-Origin"] = "*"
        return answer


def _instance(content: bytes) -> str:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:  # a call is answered although its prefetch, which nobody needed, is no JSON
        return ""
    named = body.get("hookInstance") if isinstance(body, dict) else None
    return named if isinstance(named, str) else ""


def _without_token(content: bytes) -> Any:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return "(not strict JSON)"
    authority = body.get("fhirAuthorization") if isinstance(body, dict) else None
    if isinstance(authority, dict) and "access_token" in authority:
        return {**body, "fhirAuthorization": {**authority, "access_token": HIDDEN}}
    return body


def _pretty(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
