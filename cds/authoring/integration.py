"""The integration sheet: everything about the service that an EHR team types into its own system."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cds.chart.entries import DRUG_TYPES
from cds.language.group import DataGroup
from cds.language.plan import ALSO, SHOW, UNAVAILABLE, Finding, Plan, SuggestionPlan
from cds.wire.discovery import Service

_PATIENT_TOKENS = ("context.",)
_CRITICAL = "Critical"


def sheet(
    services: Sequence[Service], plans: Sequence[Plan], public_url: str, tokens: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The sheet of one client, ready for JSON.

    Args:
        services: as discovery lists them.
        plans: the plans of the client.
        public_url: where the EHR reaches the service.
        tokens: what the tokens must say that the EHR signs; None where that is not known.
    """
    groups = {group.name: group for each in services for group in each.groups}
    found: dict[str, Any] = {
        "client": next((plan.client for plan in plans if plan.client), ""),
        "site": next((plan.site for plan in plans if plan.site), ""),
        "discovery": f"{public_url}/cds-services",
        "services": [_service(each, public_url) for each in services],
        "scopes": _scopes(groups.values()),
        "topics": [_topic(plan, code, title) for plan in plans for code, title in _topics(plan)],
        "overrideReasons": _overrides(plans),
        "suggestions": _suggestions(plans),
    }
    if tokens is not None:
        found["tokens"] = dict(tokens)
    return found


def _service(service: Service, public_url: str) -> dict[str, Any]:
    url = f"{public_url}/cds-services/{service.id}"
    return {
        "id": service.id,
        "hook": service.hook.name,
        "title": service.title,
        "url": url,
        "feedback": f"{url}/feedback",
        "audience": url,
        "prefetch": {group.name: group.template for group in service.groups},
    }


def _scopes(groups: Iterable[DataGroup]) -> list[dict[str, str]]:
    """What is read, as SMART scopes of both versions: no more than the data groups need."""
    needed: dict[tuple[str, str], set[str]] = {}
    for group in groups:
        level = "patient" if group.token.startswith(_PATIENT_TOKENS) else "user"
        needed.setdefault((level, group.type), set()).add("r" if group.is_read else "s")
        if group.type in DRUG_TYPES:
            needed.setdefault((level, "Medication"), set()).add("r")
    return [
        {"v1": f"{level}/{type_}.read", "v2": f"{level}/{type_}.{'r' if how == {'r'} else 'rs'}"}
        for (level, type_), how in sorted(needed.items())
    ]


def _findings(plan: Plan) -> list[tuple[str, Finding]]:
    """Findings that may be shown, each with the topic of its rule."""
    return [
        (rule.topic, case.finding)
        for rule in plan.rules
        if rule.mode == SHOW
        for case in rule.cases
        if case.finding is not None
    ]


def _topics(plan: Plan) -> list[tuple[str, str]]:
    used = {topic for topic, _ in _findings(plan)} | {ALSO, UNAVAILABLE}
    return [(topic.code, topic.title) for topic in plan.topics if topic.code in used]


def _topic(plan: Plan, code: str, title: str) -> dict[str, Any]:
    grave = any(finding.indicator == "critical" for topic, finding in _findings(plan) if code in (topic, ALSO))
    codes = [code, *([code + _CRITICAL] if grave else [])]
    return {"system": plan.topic_system, "codes": codes, "title": title}


def _overrides(plans: Iterable[Plan]) -> list[dict[str, str]]:
    reasons = {
        (each.system, each.code): each.display
        for plan in plans
        for _, finding in _findings(plan)
        for each in finding.override
    }
    return [{"system": system, "code": code, "display": display} for (system, code), display in sorted(reasons.items())]


def _suggestions(plans: Iterable[Plan]) -> list[dict[str, Any]]:
    named: dict[str, SuggestionPlan] = {
        each.name: each
        for plan in plans
        for _, finding in _findings(plan)
        for each in finding.suggest
        if each.action in plan.actions
    }
    return [_suggestion(named[name]) for name in sorted(named)]


def _suggestion(plan: SuggestionPlan) -> dict[str, Any]:
    said: dict[str, Any] = {"name": plan.name, "label": plan.label, "action": plan.action}
    if plan.resource:
        said["resource"] = plan.resource["resourceType"]
        said["code"] = plan.resource["code"]
    return said


# ------------------------------------------------------------------------ text


def as_text(found: Mapping[str, Any]) -> str:
    """The sheet as plain text."""
    for_whom = " · ".join(f"{name} {found[name]}" for name in ("site", "client") if found[name])
    lines = [f"Integration sheet{': ' + for_whom if for_whom else ''}", "", f"Discovery  {found['discovery']}"]
    for service in found["services"]:
        lines += [
            "",
            f"Service {service['id']}",
            f"  hook      {service['hook']}",
            f"  URL       {service['url']}",
            f"  feedback  {service['feedback']}",
            f"  audience  {service['audience']}  (aud of the token that the EHR signs)",
            f"  prefetch  {', '.join(service['prefetch'])}",
        ]
    if "tokens" in found:
        lines += ["", "Tokens that the EHR signs, one for each call", *_tokens(found["tokens"])]
    queries = {key: query for service in found["services"] for key, query in service["prefetch"].items()}
    lines += ["", "Prefetch keys and queries"]
    lines += [f"  {key}\n    {query}" for key, query in queries.items()]
    lines += ["", "SMART scopes of the access token, version 1 or version 2"]
    lines += [f"  {each['v1']:<38}{each['v2']}" for each in found["scopes"]]
    lines += ["", "Topic codes of cards (source.topic), by which an EHR remembers an override"]
    lines += [f"  {', '.join(each['codes']):<58}{each['title']}" for each in found["topics"]]
    lines += [f"  system {system}" for system in sorted({each["system"] for each in found["topics"]})]
    lines += ["", "Reasons to override"]
    lines += [f"  {each['code']:<28}{each['display']}" for each in found["overrideReasons"]]
    lines += [f"  system {system}" for system in sorted({each["system"] for each in found["overrideReasons"]})]
    lines += ["", "Suggestions: what the EHR creates or deletes when one is accepted"]
    lines += [f"  {each['name']:<28}{each['action']} {_ordered(each)}".rstrip() for each in found["suggestions"]]
    return "\n".join(lines) + "\n"


def _tokens(said: Mapping[str, Any]) -> list[str]:
    rows = (
        ("iss", said["issuer"]),
        ("aud", " or ".join(["the address that is called", *said["audiences"]])),
        ("exp", f"at most {said['seconds']} seconds after iat"),
        ("jti", "another one in each token"),
        ("tenant", " or ".join(said["tenants"])),
        ("alg", " or ".join(said["algorithms"])),
        ("kid", f"of a key of {said['keys']}"),
    )
    return [f"  {name:<8}{value}" for name, value in rows if value]


def _ordered(suggestion: Mapping[str, Any]) -> str:
    if "code" not in suggestion:
        return ""
    codings = suggestion["code"].get("coding", ())
    coded = ", ".join(f"{each['system']}|{each['code']}" for each in codings) or "no code, text only"
    return f"{suggestion['resource']} {coded}"
