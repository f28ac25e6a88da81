"""``evaluate`` and ``explain``: the real flow for one request, without a server."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from cds.answer import Answer, answer
from cds.authoring.loopback import LoopbackFhir
from cds.cli_site import find_site, ready_for
from cds.content import find_content, read_content
from cds.errors import RequestError, StartError
from cds.language.defaults import default_profile
from cds.settings import Settings
from cds.web.edge import edges
from cds.web.explained import explained, explained_in_words
from cds.web.services import CdsService, Ready
from cds.wire.outcome import outcome
from cds.wire.request import read_call
from cds.wire.response import render

# Nobody waits at a prescription: a slow disk or a cold start must not change what is printed.
_BUDGET_MS = 10_000


def run_evaluate(args: argparse.Namespace) -> int:
    """Print the answer to a request."""
    try:
        result = _answered(args)
    except RequestError as error:
        return _print(outcome(error), 1)
    return _print(render(result.cards), 0)


def run_explain(args: argparse.Namespace) -> int:
    """Print why there is each card, and why there are no others."""
    try:
        found = explained(_answered(args))
    except RequestError as error:
        return _print(outcome(error), 1)
    if args.json:
        return _print(found, 0)
    sys.stdout.write(explained_in_words(found).rstrip("\n") + "\n")
    return 0


def _print(value: dict[str, Any], code: int) -> int:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
    return code


def _answered(args: argparse.Namespace) -> Answer:
    rules = tuple(args.rules)
    files = read_content(find_content(rules), rules)
    site, report = find_site(args, files)
    settings = Settings(
        open=True,
        profile=args.profile or default_profile(files),
        budget_ms=_BUDGET_MS,
        allow_fhir=tuple(args.allow_fhir),
        today=args.today,
        site=site,
    )
    body = _read(args.request)
    ready = ready_for(files, settings, report, args.client)
    service = _service(ready, body, args.service)
    plan, client = ready.for_call(service, _server(body))
    if client is not None:
        client = replace(client, budget_ms=None)
    with _with_chart(body, args.chart) as whole:
        return answer(read_call(whole, service.hook, service.problems), plan, edges(settings)(client))


def _server(body: bytes) -> str:
    """The FHIR server that a request names, by which its client is known."""
    asked = _json(body)
    named = asked.get("fhirServer") if isinstance(asked, dict) else None
    return named if isinstance(named, str) else ""


def _service(ready: Ready, body: bytes, wanted: str | None) -> CdsService:
    if wanted is not None:
        if wanted not in ready.services:
            raise StartError(f"--service {wanted}: there is none of this id; there are {', '.join(ready.services)}")
        return ready.services[wanted]
    asked = _json(body)
    hook = asked.get("hook") if isinstance(asked, dict) else None
    found = ready.for_hook(hook) if isinstance(hook, str) else ()
    if len(found) > 1:
        raise StartError(f"several services answer {hook}: choose with --service {found[0].listed.id}")
    # Of another hook any service says the same: which hook it answers, and that this is none.
    return found[0] if found else next(iter(ready.services.values()))


@contextmanager
def _with_chart(body: bytes, chart: Path | None) -> Iterator[bytes]:
    """The request, pointed at a FHIR server that holds the chart; its own server and token are then left out."""
    if chart is None:
        yield body
        return
    bundle = _json(_read(chart))
    if not isinstance(bundle, dict) or not isinstance(bundle.get("entry"), list):
        raise StartError(f"--chart {chart}: it is no Bundle with entries")
    asked = _json(body)
    if not isinstance(asked, dict):
        yield body
        return
    kept = {name: value for name, value in asked.items() if name not in ("fhirServer", "fhirAuthorization")}
    with LoopbackFhir([bundle]) as fhir:
        yield json.dumps({**kept, "fhirServer": fhir.base}).encode()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StartError(f"{path} cannot be read: {error.strerror}") from None


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
