"""A request from a file, answered as the service would: which service it is for, and with which chart behind it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from cds.answer import Answer, answer
from cds.errors import StartError
from cds.settings import Settings
from cds.web.edge import edges
from cds.web.services import CdsService, Ready
from cds.wire.request import read_call


def service_for(ready: Ready, body: bytes, wanted: str | None) -> CdsService:
    """The service that a request asks: the one that is wanted, or else the one that answers its hook.

    Raises:
        StartError: when there is none of the id that is wanted, or several answer the hook.
    """
    if wanted is not None:
        if wanted not in ready.services:
            raise StartError(f"--service {wanted}: there is none of this id; there are {', '.join(ready.services)}")
        return ready.services[wanted]
    asked = read_json(body)
    hook = asked.get("hook") if isinstance(asked, dict) else None
    found = ready.for_hook(hook) if isinstance(hook, str) else ()
    if len(found) > 1:
        raise StartError(
            f"several services answer {hook}: choose with --service {' or '.join(each.listed.id for each in found)}"
        )
    # Of another hook any service says the same: which hook it answers, and that this is none.
    return found[0] if found else next(iter(ready.services.values()))


def answer_request(
    ready: Ready,
    settings: Settings,
    body: bytes,
    service: CdsService,
    fhir: str | None = None,
) -> Answer:
    """The answer to a request, under the client whose FHIR server it names.

    Args:
        ready: the content.
        settings: the day, the budget, the FHIR servers that may be read.
        body: the request.
        service: which service is asked.
        fhir: base of a FHIR server in place of the request's own, whose token is then left out as well; empty for
            none at all, and None for the request's own.

    Raises:
        RequestError: when the service would refuse the request.
    """
    plan, client = ready.for_call(service, _server(body))
    if client is not None:
        client = replace(client, budget_ms=None)
    whole = body if fhir is None else _pointed_at(fhir, body)
    return answer(read_call(whole, service.hook, service.problems), plan, edges(settings)(client))


def read_json(content: bytes) -> Any:
    """Parsed JSON; None for what is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _server(body: bytes) -> str:
    """The FHIR server that a request names, by which its client is known."""
    asked = read_json(body)
    named = asked.get("fhirServer") if isinstance(asked, dict) else None
    return named if isinstance(named, str) else ""


def _pointed_at(fhir: str, body: bytes) -> bytes:
    asked = read_json(body)
    if not isinstance(asked, dict):
        return body
    kept = {name: value for name, value in asked.items() if name not in ("fhirServer", "fhirAuthorization")}
    return json.dumps({**kept, "fhirServer": fhir} if fhir else kept).encode()
