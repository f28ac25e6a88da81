"""``evaluate`` and ``explain``: the real flow for one request, without a server."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from cds.answer import Answer
from cds.authoring.loopback import LoopbackFhir
from cds.cli_call import answer_request, read_json, service_for
from cds.cli_site import find_site, ready_for
from cds.content import find_content, read_content
from cds.errors import RequestError, StartError
from cds.language.defaults import default_profile
from cds.settings import Settings
from cds.web.explained import explained, explained_in_words
from cds.wire.outcome import outcome
from cds.wire.response import render

# Nobody waits at a prescription: a slow disk or a cold start must not change what is printed.
BUDGET_MS = 10_000
"""For everything that one request reads."""


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
        budget_ms=BUDGET_MS,
        allow_fhir=tuple(args.allow_fhir),
        today=args.today,
        site=site,
    )
    body = _read(args.request)
    ready = ready_for(files, settings, report, args.client)
    service = service_for(ready, body, args.service)
    if args.chart is None:
        return answer_request(ready, settings, body, service)
    with LoopbackFhir([_chart(args.chart)]) as fhir:
        return answer_request(ready, settings, body, service, fhir.base)


def _chart(path: Path) -> dict[str, Any]:
    bundle = read_json(_read(path))
    if not isinstance(bundle, dict) or not isinstance(bundle.get("entry"), list):
        raise StartError(f"--chart {path}: it is no Bundle with entries")
    return bundle


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StartError(f"{path} cannot be read: {error.strerror}") from None
