"""``/rules/...``: what the rules look at and say, generated from the plan; no patient is in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Flask, Response, abort, render_template, request

from cds.cards.merge import NOT_CHECKED_ID
from cds.findings.rule_view import RuleView, rule_views
from cds.language.plan import ALSO, UNAVAILABLE, Plan, Rule, Topic
from cds.web.replies import json_reply
from cds.web.services import Ready

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def page(html: str) -> Response:
    """An HTML page that loads nothing and runs nothing."""
    answer = Response(html, content_type="text/html; charset=utf-8")
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def add_rule_pages(app: Flask, ready: Ready) -> None:
    """Route a page for each pack, topic and rule. Cards link to topics, with the finding's id as anchor."""

    @app.get("/rules/<pack>", strict_slashes=False)
    def pack_page(pack: str) -> Response:
        plan = _plan(ready, pack)
        return page(render_template("pack.html", plan=plan, topics=_topics(plan), shows=_shows(plan)))

    @app.get("/rules/<pack>/<name>", strict_slashes=False)
    def rules_page(pack: str, name: str) -> Response:
        plan = _plan(ready, pack)
        rule = next((each for each in plan.rules if each.name == name), None)
        if rule is not None:
            return _said(plan, rule.title, [rule])
        if name not in {*(topic.code for topic in plan.topics), ALSO, UNAVAILABLE}:
            abort(404)
        title = next((topic.title for topic in plan.topics if topic.code == name), plan.words["also_check"])
        return _said(plan, title, _rules_of(plan, name), anchor=NOT_CHECKED_ID if name == UNAVAILABLE else "")


def _said(plan: Plan, title: str, rules: Sequence[Rule], anchor: str = "") -> Response:
    """The rules as a page, or as JSON with their source attributes where that is asked for."""
    if request.args.get("format") == "json" or request.accept_mimetypes.best == "application/json":
        return json_reply({"title": title, "rules": [_as_json(plan, each) for each in rules]})
    views: tuple[RuleView, ...] = rule_views(plan, rules)
    return page(render_template("rules.html", plan=plan, title=title, rules=views, anchor=anchor))


def _as_json(plan: Plan, rule: Rule) -> dict[str, Any]:
    """A rule's source attributes (45 CFR 170.315(b)(11)(iv)(A)) and what tells its version."""
    return {
        "rule": rule.name,
        "title": rule.title,
        "version": rule.version,
        "status": rule.status,
        "pack": plan.name,
        "packVersion": plan.version,
        "profile": plan.profile.name,
        "contentHash": plan.content_hash,
        "phases": sorted(rule.phases),
        "findings": sorted({case.finding.id for case in rule.cases if case.finding is not None}),
        "sourceAttributes": {
            "bibliographic_citation": [
                {"title": each.title, "section": each.section, "grade": each.grade, "url": each.url}
                for each in rule.evidence
            ],
            **plan.attributes,
        },
    }


def _plan(ready: Ready, pack: str) -> Plan:
    plan = ready.plans.get(pack)
    if plan is None:
        abort(404)
    return plan


def _rules_of(plan: Plan, topic: str) -> list[Rule]:
    """The rules behind a card: of its topic; of every topic for the card that only lists; those with open ends."""
    if topic == ALSO:
        return list(plan.rules)
    if topic == UNAVAILABLE:
        return [rule for rule in plan.rules if any(case.not_checked for case in rule.cases)]
    return [rule for rule in plan.rules if rule.topic == topic]


def _topics(plan: Plan) -> list[tuple[Topic, list[Rule]]]:
    return [(topic, [rule for rule in plan.rules if rule.topic == topic.code]) for topic in plan.topics]


def _shows(plan: Plan) -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (hook, [(phase, ", ".join(sorted(indicators)) or "nothing") for phase, indicators in phases.items()])
        for hook, phases in plan.shows.items()
    ]
