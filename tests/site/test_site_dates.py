"""Relative dates in prefetch: never a resource less than the rules need, told by evaluating real patients."""

import json
import re
from datetime import date, timedelta

import pytest
from site_samples import HEAD, PACK, TODAY, VIGNETTES, answered, served, vignette
from tiny_plans import plan_of

from cds.authoring.loopback_store import Store
from cds.language.site_dates import MARGIN_DAYS, dated_groups

OFFERS = "offers: [appointments, encounters, careteam, dispenses, statements, consents, records]"
WITHOUT = f"{HEAD}clients: [{{name: one, data: {{{OFFERS}}}}}]\n"
DATED = WITHOUT.replace("data: {", "data: {relative_dates: yes, ")
NAMES = sorted(path.name.removesuffix(".request.json") for path in VIGNETTES.glob("*.us.request.json"))
ELEMENTS = {"authored": "authoredOn", "date": "period", "sent": "sent"}
PLACE = re.compile(r"&(\w+)=ge\{\{today\(\) - (\d+) days\}\}")


def searched(template, store, request):
    """What an EHR that understands today() brings for a template: the search, and of it what is new enough."""
    tokens = {"context.patientId": request["context"]["patientId"]}
    kind, _, name = request["context"].get("userId", "").partition("/")
    tokens[f"user{kind}Id"] = name
    dated = PLACE.search(template)
    plain = PLACE.sub("", template)
    for token, value in tokens.items():
        plain = plain.replace("{{" + token + "}}", value)
    if "{{" in plain:
        return None
    if "?" not in plain:
        return store.resources.get(plain.partition("/")[0], {}).get(plain.partition("/")[2])
    kind, _, query = plain.partition("?")
    bundle = dict(
        store.search(kind, [tuple(each.split("=", 1)) for each in query.split("&")], base="x", next_base=None)
    )
    if dated:
        since = TODAY - timedelta(days=int(dated[2]))
        bundle["entry"] = [each for each in bundle["entry"] if is_since(each["resource"], dated[1], since)]
        bundle["total"] = len(bundle["entry"])
    return bundle


def is_since(resource, parameter, since):
    """Whether a date search finds a resource: it has the date, and the date reaches the day."""
    element = "start" if resource["resourceType"] == "Appointment" else ELEMENTS[parameter]
    value = resource.get(element)
    if isinstance(value, dict):
        value = value.get("end", "9999")
    return value is not None and value[:10] >= since.isoformat()[: len(value[:10])]


def with_prefetch(ready, request, chart):
    """A request with the prefetch of every template of its service."""
    store = Store([chart])
    groups = ready.services[f"{PACK}-{request['hook']}"].listed.groups
    found = {group.name: searched(group.template, store, request) for group in groups}
    return {**request, "prefetch": {name: each for name, each in found.items() if each is not None}}


def aged(chart, days):
    """A chart in which everything lies so many days further back."""
    words = re.sub(
        r"\b(20\d\d-\d\d-\d\d)\b",
        lambda each: (date.fromisoformat(each[1]) - timedelta(days=days)).isoformat(),
        json.dumps(chart),
    )
    return json.loads(words)


@pytest.mark.parametrize("days", [0, 170, 350])
def test_answers_are_the_same_with_and_without_dates(content, days):
    """For every labelled patient, fresh or old: what an EHR leaves out changes no verdict and no card."""
    plain, dated = served(content, WITHOUT, "one"), served(content, DATED, "one")
    assert b"today()" in dated[0].discovery
    assert b"today()" not in plain[0].discovery
    compared = 0
    for name in NAMES:
        request, chart = vignette(name)
        chart = aged(chart, days)
        results = [answered(*each, with_prefetch(each[0], request, chart)) for each in (plain, dated)]
        if results[0].decisions is None:
            continue
        compared += 1
        verdicts = [[(each.rule.name, each.verdict) for each in result.decisions.all] for result in results]
        assert verdicts[0] == verdicts[1], name
        assert [each.detail for each in results[0].cards] == [each.detail for each in results[1].cards], name
    assert compared > 20


@pytest.mark.parametrize(("days_ago", "kept"), [(365, True), (368, True), (369, False)])
def test_the_last_day_of_the_longest_window_is_brought(content, days_ago, kept):
    """A referral of the last day that counts is still asked for, with a margin of three days and no more."""
    ready, settings = served(content, DATED, "one")
    request, chart = vignette("V54.us")
    referral = {
        "resourceType": "ServiceRequest",
        "id": "r1",
        "status": "completed",
        "intent": "order",
        "authoredOn": (TODAY - timedelta(days=days_ago)).isoformat(),
        "subject": {"reference": f"Patient/{request['context']['patientId']}"},
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "183518005"}]},
    }
    body = with_prefetch(ready, request, {"entry": [*chart["entry"], {"resource": referral}]})
    assert bool(body["prefetch"]["orders"]["entry"]) is kept
    verdict = next(
        each.verdict
        for each in answered(ready, settings, body).decisions.all
        if each.rule.name == "dermatology-supervision"
    )
    assert verdict == ("silent" if days_ago <= 365 else "shown")


def test_only_groups_of_which_a_number_of_days_is_looked_at_have_a_date(content):
    """The longest window over a group counts; one fact without a window keeps the date out."""
    plan = served(content, DATED, "one")[0].plans[PACK]
    dated = {name: group.since_days for name, group in plan.groups.items() if group.since_days is not None}
    assert dated == {
        "orders": 365 + MARGIN_DAYS,
        "encounters": 365 + MARGIN_DAYS,
        "appointments": MARGIN_DAYS,
        "records": 30 + MARGIN_DAYS,
    }
    template = plan.groups["orders"].template
    assert template == "ServiceRequest?patient={{context.patientId}}&authored=ge{{today() - 368 days}}&_sort=-authored"


def test_a_window_that_a_site_changes_changes_the_date(content):
    """The date follows the parameters in force."""
    words = DATED.replace("us-rems-2026}", "us-rems-2026, parameters: {referral_window: 200 days}, because: x}")
    assert served(content, words, "one")[0].plans[PACK].groups["orders"].since_days == 200 + MARGIN_DAYS


@pytest.mark.parametrize(
    ("fact", "doubtful", "days"),
    [
        ("exists: results, dated_within: 31 days", "absent", 31),
        ("exists: results", "absent", None),
        ("exists: results, dated_within: 31 days", "unknown", None),
        ("latest: results, dated_within: 40 days", "absent", 40),
        ("latest: results", "absent", None),
        ("highest: results, dated_within: 40 days", "absent", 40),
        ("distinct_days: results, at_least: 2, apart: 1 days, dated_within: 50 days", "absent", 50),
        ("times_limit: results, dated_within: 60 days", "absent", 60),
        ("limit_stated: results, dated_within: 60 days", "absent", 60),
        ("upcoming: results, within: 30 days", "absent", 0),
        ("uninterpretable: results, dated_within: 60 days", "absent", None),
        ("not_cancelled: results, by: results, dated_within: 60 days, if_unread: stands", "absent", None),
        ("long_since: results, at_least: 60 days", "absent", None),
    ],
)
def test_each_kind_tells_how_far_back_it_looks(fact, doubtful, days):
    """Of each kind of fact: its window, or that it has none; where undated resources count there is no date."""
    group = dated_groups(plan_of(fact, doubtful))["labs"]
    assert group.since_days == (days + MARGIN_DAYS if days is not None else None)


def test_the_service_itself_searches_without_a_date(content, fhir):
    """What is read from the FHIR server is asked for whole: a date spares an EHR work, and the service nothing."""
    ready, settings = served(content, DATED, "one")
    request, chart = vignette("V54.us")
    fhir.store = Store([chart])
    answered(ready, settings, {**request, "fhirServer": fhir.base})
    assert any("ServiceRequest" in each.path for each in fhir.requests)
    assert not any("authored=ge" in each.path + each.body for each in fhir.requests)
