import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from web_samples import as_bytes, prefetch, request

from cds.settings import Settings
from cds.web.app import create_app
from cds.web.last import Last

SIGN = "/cds-services/sample-order-sign"


class Read(HTMLParser):
    """What a page holds: ids, links, and every tag's name and attributes."""

    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    @property
    def ids(self):
        return [attrs["id"] for _, attrs in self.tags if "id" in attrs]


@pytest.fixture
def real_client(real_ready):
    """The application over the shipped content."""
    return create_app(real_ready, Settings(open=True, public_url="http://cds.test")).test_client()


def pages(ready):
    """The path of every page of the rules."""
    for plan in ready.plans.values():
        yield f"/rules/{plan.name}"
        for name in [*(topic.code for topic in plan.topics), "unavailable", "alsoCheck"]:
            yield f"/rules/{plan.name}/{name}"
        for rule in plan.rules:
            yield f"/rules/{plan.name}/{rule.name}"


def test_every_page_is_there_and_loads_nothing(real_client, real_ready):
    """D-22: each topic and rule has a page in plain HTML, without scripts, and without anything from outside."""
    for path in pages(real_ready):
        answer = real_client.get(path)
        assert answer.status_code == 200, path
        assert answer.content_type == "text/html; charset=utf-8"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        read = Read(answer.text)
        assert not {tag for tag, _ in read.tags} & {"script", "link", "img", "iframe", "object", "form"}
        assert not any("src" in attrs for _, attrs in read.tags)
        assert "url(" not in answer.text
        assert "@import" not in answer.text
        assert len(read.ids) == len(set(read.ids)), path
        assert dict(read.tags[0][1])["lang"] == "en"


def test_a_rule_page_shows_what_its_file_says(real_client, real_ready):
    """D-22: title, version, evidence with its link, parameters with bounds and origin, and every case."""
    for plan in real_ready.plans.values():
        for rule in plan.rules:
            answer = real_client.get(f"/rules/{plan.name}/{rule.name}")
            read = Read(answer.text)
            links = {attrs.get("href") for tag, attrs in read.tags if tag == "a"}
            assert {source.url for source in rule.evidence if source.url} <= links
            assert rule.version in answer.text
            assert {case.finding.id for case in rule.cases if case.finding is not None} <= set(read.ids)
            for parameter in rule.parameters.values():
                assert parameter.name in answer.text
                assert parameter.origin in answer.text


def test_a_rule_page_shows_what_is_to_be_confirmed(real_client, real_ready):
    """In the row of each finding that rests on a doubtful fact of the profile."""
    (plan,) = real_ready.plans.values()
    assert plan.profile.doubtful
    for rule in plan.rules:
        rows = real_client.get(f"/rules/{plan.name}/{rule.name}").text.split("<tr")
        for case in (case for case in rule.cases if case.finding is not None):
            said = "; ".join(plan.profile.to_confirm(case.finding))
            heading = f'<th scope="row">{case.finding.id}</th>'
            fitting = [row for row in rows if heading in row and f">{case.finding.indicator}</td>" in row]
            assert fitting
            assert all((f"<b>to confirm:</b> {said}<br>" in row) == bool(said) for row in fitting)


def test_content_is_escaped(client):
    """C-23: what rule files say is text on the page, whatever characters it holds."""
    html = client.get("/rules/sample/labs").text
    assert "Sample label &lt;b&gt;&amp;" in html
    assert "<b>&" not in html


def test_a_topic_without_rules_has_a_page(client):
    """D-22: a link from a remembered card leads to a page even when this profile has no rule there any more."""
    assert client.get("/rules/sample/unavailable").status_code == 200
    assert 'id="FAIL-01"' in client.get("/rules/sample/unavailable").text


def test_the_pack_page_says_what_is_shown_when(client):
    """D-22: the index of a pack links every rule, and shows hook by phase."""
    html = client.get("/rules/sample").text
    assert {"/rules/sample/labs", "/rules/sample/baseline-lipids"} <= set(re.findall(r'href="([^"]+)"', html))
    assert "order-select" in html


@pytest.fixture
def demo_client(ready, settings):
    """The application as the demonstration makes it."""
    return create_app(ready, settings, Last()).test_client()


def test_the_last_call_is_shown_with_its_reasons(demo_client):
    """S-21, C-23: /demo/last shows the last call escaped, with answer and explanation, and hides the token."""
    assert "No call was answered yet" in demo_client.get("/demo/last").text
    assert demo_client.get("/demo/last?format=json").json == {}
    body = request(
        prefetch=prefetch(),
        fhirServer="http://127.0.0.1:9/fhir",
        fhirAuthorization={"access_token": "TOKEN-1", "token_type": "Bearer"},
        extension={"x": "<script>alert(1)</script>"},
    )
    assert demo_client.post(SIGN, data=as_bytes(body)).status_code == 200
    html = demo_client.get("/demo/last").text
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "baseline-lipids" in html
    assert "TOKEN-1" not in html
    shown = demo_client.get("/demo/last?format=json").json
    assert shown["service"] == "sample-order-sign"
    assert shown["request"]["context"]["patientId"] == "p1"
    assert [each["rule"] for each in shown["explanation"]["rules"]]
    assert len(shown["answer"]["cards"]) == 2
    ways = [way for each in shown["explanation"]["rules"] for way in each.get("wouldTake", ())]
    assert ways
    assert html.count(" would need: ") == len(ways)


def test_the_last_call_of_another_drug_is_shown_too(demo_client):
    """C-2: when nothing was evaluated, the page says so; a body that is not strict JSON does no harm."""
    body = as_bytes(request()).replace(b'"197844"', b'"161"').replace(b"isotretinoin", b"aspirin")
    odd = body.replace(b'"context"', b'"prefetch": {"labs": 1e999}, "context"')
    for sent in (body, odd):
        assert demo_client.post(SIGN, data=sent).json == {"cards": []}
        assert "nothing was evaluated" in demo_client.get("/demo/last").text


def test_a_budget_is_kept_for_each_call(ready, settings, fhir):
    """R-18: what a hanging FHIR server does not bring in time is named on a card, and the answer comes."""
    fhir.faults.hang = True
    try:
        client = create_app(ready, replace(settings, budget_ms=150)).test_client()
        answer = client.post(SIGN, data=as_bytes(request(fhirServer=fhir.base)))
    finally:
        fhir.faults.hang = False
    (card,) = answer.json["cards"]
    assert "did not arrive in time" in card["detail"]
