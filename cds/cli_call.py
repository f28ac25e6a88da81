"""A request from a file, answered as the service would: which service it is for, and with which chart behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from cds.answer import Answer, answer
from cds.authoring.loopback import LoopbackFhir
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
        raise StartError(f"several services answer {hook}: choose with --service {found[0].listed.id}")
    # Of another hook any service says the same: which hook it answers, and that this is none.
    return found[0] if found else next(iter(ready.services.values()))


def answer_request(
    ready: Ready,
    settings: Settings,
    body: bytes,
    service: CdsService,
    chart: Mapping[str, Any] | None = None,
    *,
    offline: bool = False,
) -> Answer:
    """The answer to a request, under the client whose FHIR server it names.

    Args:
        ready: the content.
        settings: the day, the budget, the FHIR servers that may be read.
        body: the request.
        service: which service is asked.
        chart: a Bundle that stands in place of the request's FHIR server; None for the server itself.
        offline: whether the request's own FHIR server is left alone.

    Raises:
        RequestError: when the service would refuse the request.
    """
    plan, client = ready.for_call(service, _server(body))
    if client is not None:
        client = replace(client, budget_ms=None)
    with _with_chart(body, chart, offline=offline) as whole:
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


@contextmanager
def _with_chart(body: bytes, chart: Mapping[str, Any] | None, *, offline: bool) -> Iterator[bytes]:
    """The request, pointed at a FHIR server that holds the chart; its own server and token are then left out."""
    asked = read_json(body)
    if not isinstance(asked, dict) or (chart is None and not offline):
        yield body
        return
    kept = {name: value for name, value in asked.items() if name not in ("fhirServer", "fhirAuthorization")}
    if chart is None:
        yield json.dumps(kept).encode()
        return
    with LoopbackFhir([dict(chart)]) as fhir:
        yield json.dumps({**kept, "fhirServer": fhir.base}).encode()
