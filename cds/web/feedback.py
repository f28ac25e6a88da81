"""``POST /cds-services/{id}/feedback``, and the record of the cards that feedback is about (checklist section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from flask import Flask, Response, abort, g

from cds.answer import Answer
from cds.errors import RequestError
from cds.language.plan import Plan
from cds.record.feedback import ACCEPTED, read_feedback
from cds.record.shown import Occasion, shadow_findings, shown_cards
from cds.web.begin import BEGIN
from cds.web.hook_call import Keep, read_body
from cds.web.log import log_failure
from cds.web.replies import json_reply
from cds.web.services import Ready
from cds.web.trace import tell
from cds.wire.outcome import outcome_of_status

if TYPE_CHECKING:
    # SQLAlchemy takes 0.3 s to import, which `evaluate` and `explain` need not wait for.
    from cds.record.recorder import Recorder

MOST_BODY = 2_000_000
RETRY_AFTER_S = "5"
_ROUTES = ("/cds-services/<service_id>/feedback", "/cds-services//<service_id>/feedback")


def add_feedback(app: Flask, ready: Ready, recorder: Recorder, max_body: int) -> None:
    """Route feedback. 200 means that all of the batch is on disk (F-9: no status is specified)."""

    def feedback(service_id: str) -> Response:
        if service_id not in ready.services:
            abort(404)
        tell(service=service_id)
        try:
            items = read_feedback(read_body(min(max_body, MOST_BODY)))
        except RequestError as error:
            tell(refused=error.path or "body", why=error.code)
            raise
        kept = recorder.keep_feedback(items)
        accepted = sum(each.outcome == ACCEPTED for each in items)
        tell(items=len(items), accepted=accepted, kept=kept)
        if kept:
            return json_reply({})
        answer = json_reply(outcome_of_status(503), 503)
        answer.headers["Retry-After"] = RETRY_AFTER_S
        return answer

    app.extensions.setdefault(BEGIN, []).append(recorder.begin)
    for route in _ROUTES:
        app.add_url_rule(route, "feedback", feedback, methods=["POST"], strict_slashes=False)


def cards_kept(ready: Ready, recorder: Recorder) -> Keep:
    """Puts what every answer decided on record: 15 µs of a call with two cards, the disk being other threads'."""
    names = {plan.name: _suggestion_names(plan) for plan in ready.plans.values()}

    def keep(service_id: str, _: bytes, __: bytes, result: Answer) -> None:
        if result.decisions is None:
            return
        try:
            plan = result.plan
            occasion = Occasion(recorder.now(), result.hook, service_id, plan.client)
            recorder.keep_cards(
                shown_cards(result.cards, result.decisions, occasion, names[plan.name]),
                shadow_findings(result.decisions, plan, occasion, lambda: str(uuid4())),
                result.memos,
            )
        except Exception as error:  # noqa: BLE001 - no card may be lost to its own record
            log_failure("cards are not on record", error, request_id=g.request_id)

    return keep


def _suggestion_names(plan: Plan) -> dict[str, str]:
    """The pack's names of its suggestions by their labels, which are all that a card carries."""
    findings = (case.finding for rule in plan.rules for case in rule.cases if case.finding is not None)
    return {each.label: each.name for finding in findings for each in finding.suggest}
