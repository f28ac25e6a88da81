"""Broken JSON and broken FHIR of other projects: a refusal, or an answer as if the part had not come."""

import json
from codecs import BOM_UTF8
from pathlib import Path

import pytest
from answer_samples import PACK, prefetched, vignette

from cds.answer import answer
from cds.errors import RequestError
from cds.wire.request import read_call
from cds.wire.response import render

FILES = sorted((Path(__file__).parents[2] / "fixtures" / "malformed").glob("*.json"))
QUIET = ("silent", "not_this_phase", "alone")
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def is_json(content):
    """Whether a file parses."""
    try:
        json.loads(content)
    except ValueError:
        return False
    return True


def answered(service, body):
    """The answer to a request body."""
    asked = service.ready.services[f"{PACK}-order-sign"]
    return answer(read_call(body, asked.hook, asked.problems), service.plan, service.edge())


@each_file
def test_a_malformed_body_is_refused(service, path):
    """As a whole request each of the files is 400; the refusal repeats nothing of what was sent."""
    content = path.read_bytes()
    with pytest.raises(RequestError) as caught:
        answered(service, content)
    assert caught.value.status == 400
    assert content.decode()[:40] not in caught.value.what


@each_file
@pytest.mark.parametrize("group", ["patient", "labs", "answers", "conditions", "procedures", "medications", "orders"])
def test_a_malformed_member_of_the_prefetch_silences_nothing(service, path, group):
    """As a prefetch member each file is refused with the whole body, or the group counts as not had or as broken."""
    request, chart = vignette("V12.us")
    sent = prefetched(service.groups(), request, chart)
    full = service.answer({**request, "prefetch": sent})
    content = path.read_bytes().removeprefix(BOM_UTF8)
    body = json.dumps({**request, "prefetch": {**sent, group: "HERE"}}).encode().replace(b'"HERE"', content)
    if not is_json(content):
        with pytest.raises(RequestError):
            answered(service, body)
        return
    broken = answered(service, body)
    assert service.ready.answer_problems(json.loads(json.dumps(render(broken.cards)))) == ()
    warned = {each.rule.topic for each in full.decisions.shown if each.finding.indicator != "info"}
    speaks = {each.rule.topic for each in broken.decisions.all if each.verdict in ("shown", "not_checked")}
    assert warned <= speaks


def test_an_observation_of_an_unknown_status_is_no_final_result(service):
    """A status that FHIR does not know makes neither a result on file nor a pending one."""
    request, chart = vignette("V01.us")
    sent = prefetched(service.groups(), request, chart)
    for entry in sent["labs"]["entry"]:
        entry["resource"]["status"] = "invalid"
    found = {each.finding.id for each in service.answer({**request, "prefetch": sent}).decisions.shown}
    assert {"LIPID-01", "LIVER-01"} <= found
