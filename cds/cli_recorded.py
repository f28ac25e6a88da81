"""A folder of recorded requests and charts: what each file is, and the request that comes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from cds.answer import Answer
from cds.authoring.loopback import LoopbackFhir
from cds.authoring.loopback_store import Store
from cds.cli_call import answer_request, read_json, service_for
from cds.errors import RequestError, StartError
from cds.language.hook import Hook
from cds.settings import Settings
from cds.web.services import CdsService, Ready

_REQUEST, _CHART = ".request.json", ".chart.json"


@dataclass(frozen=True)
class Recording:
    """One file of the folder.

    Attributes:
        file: its name.
        body: the request; empty for a chart without one.
        service: id of the service that was called; empty where the file does not say.
        chart: what the EHR holds, where a chart belongs to it.
        day: the newest day on which an order of the request was written; None when it has none.
        unfit: why nothing can be asked of it; empty when something can.
    """

    file: str
    body: bytes = field(default=b"", repr=False)
    service: str = ""
    chart: Mapping[str, Any] | None = field(default=None, repr=False)
    day: date | None = None
    unfit: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a recording: its answer, or why there is none."""

    recording: Recording
    answer: Answer | None = field(default=None, repr=False)
    refused: str = ""


@dataclass(frozen=True)
class Asked:
    """How recordings are asked.

    Attributes:
        service: id of the service for all of them; empty for the one that each names, or that answers its hook.
        order: what is ordered for a chart without a request; None when nothing is.
        today: the day that counts; None for the day of each order, else that of the newest order of the folder.
    """

    service: str = ""
    order: Mapping[str, Any] | None = None
    today: date | None = None


def read_recordings(folder: Path) -> tuple[Recording, ...]:
    """Every ``*.json`` file of a folder, by name. ``N.chart.json`` beside ``N.request.json`` belongs to it.

    Raises:
        StartError: when there is no such folder, or no such file in it.
    """
    if not folder.is_dir():
        raise StartError(f"{folder}: there is no such folder")
    paths = sorted(path for path in folder.glob("*.json") if path.is_file())
    if not paths:
        raise StartError(f"{folder}: there is no file *.json in it")
    names = {path.name for path in paths}
    found = []
    for path in paths:
        stem = path.name.removesuffix(_CHART)
        if path.name.endswith(_CHART) and f"{stem}{_REQUEST}" in names:
            continue
        found.append(_recording(path, names))
    return tuple(found)


def newest_day(recordings: Sequence[Recording]) -> date | None:
    """The day of the newest order of all recordings; None when none of them has an order with a day."""
    return max((each.day for each in recordings if each.day is not None), default=None)


def outcomes(recordings: Sequence[Recording], ready: Ready, settings: Settings, asked: Asked) -> Iterator[Outcome]:
    """The answer to each recording. No FHIR server is read: a recorded token is no longer good."""
    newest = newest_day(recordings)
    with LoopbackFhir() as fhir:
        for each in recordings:
            day = asked.today or each.day or (_written(asked.order) if not each.body else None) or newest
            on_day = replace(settings, today=day) if day else settings
            fhir.store = Store([each.chart] if each.chart is not None else [])
            base = fhir.base if each.chart is not None else ""
            yield _outcome(each, ready, on_day, asked, base)


def _outcome(each: Recording, ready: Ready, settings: Settings, asked: Asked, fhir: str) -> Outcome:
    wanted = asked.service or each.service
    if each.unfit:
        return Outcome(each, refused=each.unfit)
    if wanted and wanted not in ready.services:
        return Outcome(each, refused=f"there is no service {wanted}")
    service = service_for(ready, each.body, wanted or None) if each.body or wanted else _ordering(ready)
    if not each.body and service.hook.orders_at and asked.order is None:
        return Outcome(each, refused="a chart without a request; say what is ordered with --order ORDER.json")
    body = each.body or _request(each.chart or {}, service.hook, asked.order)
    try:
        return Outcome(each, answer_request(ready, settings, body, service, fhir))
    except RequestError as error:
        where = f"{error.path}: " if error.path else ""
        return Outcome(each, refused=f"{error.status} {where}{error.what}")


def _recording(path: Path, names: set[str]) -> Recording:
    name = path.name
    try:
        content = path.read_bytes()
    except OSError as error:
        return Recording(name, unfit=f"it cannot be read: {error.strerror}")
    found = read_json(content)
    if not isinstance(found, dict):
        return Recording(name, unfit="it is no JSON object")
    if isinstance(found.get("service"), str) and ("body" in found or "text" in found):
        return _conversation(name, found)
    if found.get("resourceType") == "Bundle":
        return _chart(name, found)
    if "hook" not in found or not {"hookInstance", "context"} & found.keys():
        return Recording(name, unfit="neither a request nor a chart")
    beside = path.with_name(name.removesuffix(_REQUEST) + _CHART)
    chart = read_json(beside.read_bytes()) if name.endswith(_REQUEST) and beside.name in names else None
    return Recording(name, content, chart=chart if isinstance(chart, dict) else None, day=_day(found))


def _chart(name: str, found: Mapping[str, Any]) -> Recording:
    if not all(isinstance(each.get("resourceType"), str) for each in _resources(found)):
        return Recording(name, unfit="a Bundle with a resource that has no resourceType")
    patients = sum(each.get("resourceType") == "Patient" for each in _resources(found))
    if patients != 1:
        return Recording(name, unfit=f"a Bundle of {patients} patients; a chart is of one")
    return Recording(name, chart=found)


def _conversation(name: str, found: Mapping[str, Any]) -> Recording:
    """A request with its service, and with the answer that it once got, which is not looked at."""
    if "body" not in found:
        return Recording(name, str(found["text"]).encode(), found["service"])
    body = found["body"]
    day = _day(body) if isinstance(body, dict) else None
    return Recording(name, json.dumps(body).encode(), found["service"], day=day)


def _ordering(ready: Ready) -> CdsService:
    """The service that is asked about a chart: the first that takes orders and no selection of them."""
    for each in ready.services.values():
        if each.hook.orders_at and not each.hook.selections_at:
            return each
    raise StartError("no service takes orders: name one with --service ID")


def _request(chart: Mapping[str, Any], hook: Hook, order: Mapping[str, Any] | None) -> bytes:
    """A call about the one patient of a chart, by the prescriber who is in it, as if the order were written now."""
    resources = list(_resources(chart))
    patient = next(each for each in resources if each.get("resourceType") == "Patient").get("id")
    by_type = {f"{each.get('resourceType')}": each for each in reversed(resources)}
    user = next((by_type[kind] for kind in ("PractitionerRole", "Practitioner") if kind in by_type), None)
    context: dict[str, Any] = {"patientId": patient}
    if user is not None:
        context["userId"] = f"{user['resourceType']}/{user.get('id')}"
    if hook.orders_at and order is not None:
        mine = {"id": "draft-1", "status": "draft", **order, "subject": {"reference": f"Patient/{patient}"}}
        if user is not None:
            mine["requester"] = {"reference": context["userId"]}
        context[hook.orders_at] = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": mine}]}
        if hook.selections_at:
            context[hook.selections_at] = [f"{mine.get('resourceType')}/{mine['id']}"]
    hook_instance = "00000000-0000-4000-8000-000000000000"
    return json.dumps({"hook": hook.name, "hookInstance": hook_instance, "context": context}).encode()


def _resources(bundle: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    entries = bundle.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict):
            yield resource


def _day(body: Mapping[str, Any]) -> date | None:
    context = body.get("context")
    bundles = [each for each in context.values() if isinstance(each, dict)] if isinstance(context, dict) else []
    days = [_written(each) for bundle in bundles for each in _resources(bundle)]
    return max((each for each in days if each is not None), default=None)


def _written(order: Mapping[str, Any] | None) -> date | None:
    """The day on which an order was written, as far as it tells."""
    said = order.get("authoredOn") if order is not None else None
    try:
        return date.fromisoformat(said[:10]) if isinstance(said, str) else None
    except ValueError:
        return None
