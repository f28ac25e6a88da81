"""Calls and charts for the tests of the whole flow: labelled patients, and what a conforming client would send."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from cds.answer import answer
from cds.authoring.loopback_store import Store
from cds.settings import Settings
from cds.web.edge import edges
from cds.wire.request import read_call
from cds.wire.response import render

ROOT = Path(__file__).parents[2]
VIGNETTES = ROOT / "fixtures" / "vignettes"
PACK = "isotretinoin"
TODAY = date(2026, 11, 24)
EXTENSION = "isotretinoin-cds.card"
PATIENCE_MS = 10_000
PROFILES = {"us": "us-rems-2026", "uk": "uk-2026"}
ALL = tuple(sorted(path.name.removesuffix(".request.json") for path in VIGNETTES.glob("*.request.json")))
"""Every labelled patient."""
WITHOUT_CARDS = ("V03.us", "V09.us", "V10.us")
"""Patients whose call brings no order of the drug: topical, or no order at all."""
ORDERED = {
    "us": tuple(name for name in ALL if name.endswith(".us") and name not in WITHOUT_CARDS),
    "uk": tuple(name for name in ALL if name.endswith(".uk")),
}
"""Labelled patients for whom the drug is ordered, by profile."""
_DATES = (
    "effectiveDateTime",
    "performedDateTime",
    "performedPeriod.end",
    "performedPeriod.start",
    "recordedDate",
    "authoredOn",
    "occurrenceDateTime",
    "whenHandedOver",
    "sent",
    "period.start",
)


def vignette(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Request and chart of a labelled patient, such as ``V01.us``."""
    request, chart = ((VIGNETTES / f"{name}.{kind}.json").read_text() for kind in ("request", "chart"))
    return json.loads(request), json.loads(chart)


def expected() -> dict[str, list[dict[str, Any]]]:
    """The labels of all patients."""
    return json.loads((VIGNETTES / "expected.json").read_text())


def resources(chart: dict[str, Any]) -> list[dict[str, Any]]:
    """The resources of a chart."""
    return [entry["resource"] for entry in chart["entry"]]


def chart_of(kept: list[dict[str, Any]]) -> dict[str, Any]:
    """A chart of resources."""
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in kept]}


def searchset(found: list[Any], **members: Any) -> dict[str, Any]:
    """A searchset Bundle."""
    entries = [{"resource": each, "search": {"mode": "match"}} for each in found]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(found), "entry": entries, **members}


def prefetched(groups, request: dict[str, Any], chart: dict[str, Any]) -> dict[str, Any]:
    """What a conforming client sends as prefetch for the groups: tokens filled where the call tells them, newest first.

    A token that the call does not tell leaves its key out; a read of nothing is null.
    """
    tokens = _tokens(request)
    sent: dict[str, Any] = {}
    for group in groups:
        value = tokens.get(group.token)
        if value is None or group.optional:
            continue
        found = [each for each in resources(chart) if each["resourceType"] == group.type]
        if group.is_read:
            sent[group.name] = next((each for each in found if each.get("id") == value), None)
            continue
        found = [each for each in found if _refers(each, group.parameter) == value and _is_coded(each, group.codes)]
        if group.sort:
            found.sort(key=_day, reverse=True)
        sent[group.name] = searchset(found)
    return sent


def _tokens(request: dict[str, Any]) -> dict[str, str]:
    context = request["context"]
    kind, _, name = context.get("userId", "").partition("/")
    tokens = {"context.patientId": context["patientId"]}
    if kind == "PractitionerRole":
        tokens["userPractitionerRoleId"] = name
    if kind == "Practitioner":
        tokens["userPractitionerId"] = name
    return tokens


def _refers(resource: dict[str, Any], parameter: str) -> str:
    names = ("subject", "patient") if parameter == "patient" else (parameter,)
    found = next((resource[name] for name in names if name in resource), {})
    return found.get("reference", "").rpartition("/")[2]


def _is_coded(resource: dict[str, Any], codes) -> bool:
    held = {(each.get("system"), each.get("code")) for each in resource.get("code", {}).get("coding", ())}
    return not codes or any((code.system, code.code) in held for code in codes)


def _day(resource: dict[str, Any]) -> str:
    for path in _DATES:
        name, _, inner = path.partition(".")
        value = resource.get(name)
        value = value.get(inner) if inner and isinstance(value, dict) else value
        if isinstance(value, str):
            return value[:10]
    return ""


class Service:
    """The compiled content, asked as the service asks it."""

    def __init__(self, ready) -> None:
        self.ready = ready
        self.plan = ready.plans[PACK]
        self.edge = edges(Settings(open=True, today=TODAY, public_url="http://cds.test", budget_ms=PATIENCE_MS))

    def groups(self, hook="order-sign"):
        """The data groups that a hook needs."""
        return [self.plan.groups[name] for name in self.plan.needs[hook]]

    def answer(self, request: dict[str, Any]):
        """The whole answer to a request."""
        service = self.ready.services[f"{PACK}-{request['hook']}"]
        call = read_call(json.dumps(request).encode(), service.hook, service.problems)
        return answer(call, service.plan, self.edge())

    def by_prefetch(self, request: dict[str, Any], chart: dict[str, Any]):
        """The answer when all data come with the call."""
        return self.answer({**request, "prefetch": prefetched(self.groups(request["hook"]), request, chart)})

    def by_search(self, fhir, request: dict[str, Any], chart: dict[str, Any]):
        """The answer when all data are read from a FHIR server."""
        fhir.store = Store([chart])
        return self.answer({**request, "fhirServer": fhir.base})


def labels(result) -> list[dict[str, Any]]:
    """The cards of an answer as labels have them."""
    found = []
    for card in result.cards:
        told = card.extension[EXTENSION]
        ids = sorted(each["id"] for each in told["findings"])
        found.append({"topic": told["topic"], "indicator": card.indicator, "findings": ids})
    return found


def by_topic(several: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Labels in an order that does not depend on that of the cards."""
    return sorted(several, key=lambda each: each["topic"])


def lasting(result) -> list[dict[str, Any]]:
    """The cards as JSON, without the ids that are fresh in every answer."""
    cards = json.loads(json.dumps(render(result.cards)["cards"]))
    for each in cards:
        each["uuid"] = ""
        for suggestion in each.get("suggestions", ()):
            suggestion["uuid"] = ""
    return cards


def verdicts(result) -> dict[str, str]:
    """What became of each rule of an answer."""
    return {each.rule.name: str(each.verdict) for each in result.decisions.all} if result.decisions else {}


def words(result) -> str:
    """Everything that the cards of an answer say to a reader."""
    said = []
    for card in result.cards:
        said += [card.summary, card.detail]
        said += [suggestion.label for suggestion in card.suggestions]
        said += [action.description for suggestion in card.suggestions for action in suggestion.actions]
    return "\n".join(said)
