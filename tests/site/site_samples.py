"""Site files for tests, and what becomes of a call under them."""

import json
from datetime import date
from pathlib import Path

from cds.answer import answer
from cds.authoring.site_check import examine_site, told
from cds.cli_site import ready_for
from cds.language.report import Report
from cds.language.site import SCHEMA, read_site
from cds.settings import Settings
from cds.web.edge import edges
from cds.wire.request import read_call

ROOT = Path(__file__).parents[2]
VIGNETTES = ROOT / "fixtures" / "vignettes"
EXAMPLE = ROOT / "site.example.yaml"
TODAY = date(2026, 11, 24)
PACK = "isotretinoin"
HEAD = "site: clinic\ntimezone: UTC\npacks: {isotretinoin: {profile: us-rems-2026}}\n"
"""The least site file."""


def site_of(content, words, report=None):
    """A site file that is sound in its form."""
    report = report or Report()
    site = read_site("site.yaml", words.encode(), content[SCHEMA], report)
    assert report.errors == 0, report.found
    return site


_KEPT = {}


def served(content, words, client=""):
    """Content compiled under a site file, and its settings; compiled once for the same words."""
    key = (id(content), words, client)
    if key not in _KEPT:
        _KEPT[key] = (content, _served(content, words, client))
    return _KEPT[key][1]


def _served(content, words, client):
    settings = Settings(open=True, today=TODAY, site=site_of(content, words), budget_ms=10_000)
    return ready_for(content, settings, Report(), client), settings


def examined(content, words, today=TODAY):
    """What ``check --site`` finds: the ids, and the lines that it tells besides."""
    found = examine_site("site.yaml", words.encode(), content, today)
    return [each.id for each in found.diagnostics], list(told(found)) if found.errors == 0 else []


def vignette(name):
    """Request and chart of a labelled patient."""
    return tuple(json.loads((VIGNETTES / f"{name}.{kind}.json").read_text()) for kind in ("request", "chart"))


def answered(ready, settings, request):
    """The answer to a request, as the service gives it."""
    service = ready.services[f"{PACK}-{request['hook']}"]
    call = read_call(json.dumps(request).encode(), service.hook, service.problems)
    plan, client = ready.for_call(service, call.fhir_server)
    return answer(call, plan, edges(settings)(client))


def verdicts(result):
    """What became of each rule."""
    return {each.rule.name: str(each.verdict) for each in result.decisions.all}


def findings(result):
    """Ids of the findings on cards."""
    return {each["id"] for card in result.cards for each in card.extension["isotretinoin-cds.card"]["findings"]}


def rule_of(ready, name):
    """A rule of the usual plan."""
    return next(rule for rule in ready.plans[PACK].rules if rule.name == name)
