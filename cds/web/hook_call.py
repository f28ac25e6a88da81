"""``POST /cds-services/{id}``: a request body in, cards out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import orjson
from flask import Flask, Response, abort, g, request

from cds.answer import Answer, Step, answer
from cds.errors import RequestError
from cds.web.access import caller
from cds.web.edge import MakeEdge
from cds.web.log import log
from cds.web.replies import json_reply
from cds.web.services import Ready
from cds.web.trace import tell
from cds.wire.outcome import outcome_of_status
from cds.wire.request import read_call
from cds.wire.response import render

Keep = Callable[[str, bytes, bytes, Answer], None]
"""Takes what came of a call: service id, request body, response body, answer."""

# The public sandbox puts two slashes when its user ended the discovery address with one.
_ROUTES = ("/cds-services/<service_id>", "/cds-services//<service_id>")
_PART = 1 << 20
_MEDIA_TYPES = ("application/json", "application/fhir+json", "")


def add_hook_calls(app: Flask, ready: Ready, edge: MakeEdge, max_body: int, keep: Sequence[Keep] = ()) -> None:
    """Route calls to the services.

    Args:
        app: where the routes go.
        ready: the services.
        edge: makes the edge of one call.
        max_body: bytes of the largest body that is read.
        keep: each is shown every answered call.
    """

    def call(service_id: str) -> Response:
        body = read_body(max_body)  # an unread body would break the connection for the next call
        g.watch.passed(Step.READ)
        service = ready.services.get(service_id)
        if service is None:
            abort(404)
        tell(service=service_id)
        try:
            asked = read_call(body, service.hook, service.problems)
        except RequestError as error:
            tell(refused=error.path or "body", why=error.code)
            raise
        g.watch.passed(Step.DECODE)
        client = caller()
        if client is not None:
            plan = ready.for_client(service, client)
        else:
            plan, client = ready.for_call(service, asked.fhir_server)
        if client is not None:
            tell(client=client.name)
        result = answer(asked, plan, edge(client, g.watch))
        content = _checked(ready, result)
        g.watch.passed(Step.RENDER)
        tell(notes=asked.context.notes)
        if content is None:
            return json_reply(outcome_of_status(500), 500)
        for each in keep:
            each(service_id, body, content, result)
        return json_reply(content)

    for route in _ROUTES:
        app.add_url_rule(route, "hook_call", call, methods=["POST"], strict_slashes=False)


def read_body(most: int) -> bytes:
    """The request's body; another type is refused, and so is too great a length, before anything is read (E-9).

    Werkzeug's own limit cuts a body without a told length short, and says nothing.
    """
    if request.mimetype not in _MEDIA_TYPES or request.content_encoding not in (None, "", "identity"):
        abort(415)
    if request.content_length is not None and request.content_length > most:
        abort(413)
    body = bytearray()
    while part := request.stream.read(min(_PART, most + 1 - len(body))):
        body += part
        if len(body) > most:
            abort(413)
    return bytes(body)


def _checked(ready: Ready, result: Answer) -> bytes | None:
    """The answer's JSON; None after a log line when it is not as CDS Hooks wants it, which is our fault (E-11)."""
    rendered = render(result.cards)
    problems = ready.answer_problems(rendered)
    if problems:
        log("answer is not as specified", logging.ERROR, request_id=g.request_id, problems=problems)
        return None
    shown = result.decisions.shown if result.decisions is not None else ()
    tell(
        cards=len(result.cards),
        findings=[each.finding.id for each in shown if each.finding is not None],
        unidentified=result.trigger.unidentified,
    )
    return orjson.dumps(rendered)
