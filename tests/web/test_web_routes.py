import json
from dataclasses import replace

import pytest
from web_samples import SELECT, SIGN, as_bytes, order, prefetch, request

from cds.web.app import create_app

JSON = {"content_type": "application/json"}


def outcome(answer):
    """The only issue of an OperationOutcome."""
    assert answer.content_type == "application/json"
    assert answer.json["resourceType"] == "OperationOutcome"
    (issue,) = answer.json["issue"]
    return issue


def test_discovery_lists_a_service_for_each_hook_of_the_pack(client):
    """D-1 to D-8: GET /cds-services lists id, hook, title, description and prefetch of each service."""
    answer = client.get("/cds-services")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    listed = answer.json["services"]
    assert [(each["id"], each["hook"]) for each in listed] == [
        ("sample-order-sign", "order-sign"),
        ("sample-order-select", "order-select"),
    ]
    for each in listed:
        assert each["title"]
        assert each["description"]
        assert "laboratory results" in each["usageRequirements"]
        assert each["prefetch"]["conditions"] == "Condition?patient={{context.patientId}}"
        assert "patient" not in each["prefetch"], "no rule of the sample pack looks at the patient"


@pytest.mark.parametrize("path", ["/cds-services/", "/cds-services?hook=patient-view", "/cds-services/?x=1"])
def test_discovery_answers_the_same_with_a_slash_and_with_a_query(client, path):
    """D-17 and the sandbox: unknown parameters are ignored, and a trailing slash is no redirect."""
    assert client.get(path).data == client.get("/cds-services").data


@pytest.mark.parametrize("path", [SIGN, f"{SIGN}/", SIGN.replace("services/", "services//")])
def test_a_call_is_answered_with_and_without_slashes(client, path):
    """D-8, C-1: the id is the path segment; slashes that the sandbox adds do no harm."""
    answer = client.post(path, data=as_bytes(request(prefetch=prefetch())), **JSON)
    assert answer.status_code == 200
    assert [card["indicator"] for card in answer.json["cards"]] == ["warning", "info"]


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "application/fhir+json", "Application/JSON", None],
)
def test_json_by_any_of_its_names_is_read(client, content_type):
    """R-23: JSON with or without charset, FHIR's JSON, and no type at all are read."""
    assert client.post(SIGN, data=as_bytes(request()), content_type=content_type).status_code == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_another_type_is_refused(client, content_type):
    """E-9: another media type is 415 with an OperationOutcome."""
    answer = client.post(SIGN, data=as_bytes(request()), content_type=content_type)
    assert answer.status_code == 415
    assert outcome(answer)["code"] == "not-supported"


def test_a_compressed_body_is_refused(client):
    """E-9: a body under a content coding is 415, not a failure to parse it."""
    answer = client.post(SIGN, data=b"\x1f\x8b", headers={"Content-Encoding": "gzip"}, **JSON)
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b"{", None),
        (b"[]", None),
        (b"", None),
        (as_bytes({**request(), "hook": "patient-view"}), "hook"),
        (as_bytes({**request(), "context": None}), "context"),
        (as_bytes({**request(), "context": {"draftOrders": {}}}), "context.patientId"),
        (as_bytes({**request(), "context": {"patientId": "p1"}}), "context.draftOrders"),
    ],
)
def test_what_cannot_be_answered_is_400_and_names_the_place(client, body, path):
    """R-1, R-2, R-4, E-5: 400 with an OperationOutcome that names the JSON path."""
    answer = client.post(SIGN, data=body, **JSON)
    assert answer.status_code == 400
    assert outcome(answer).get("expression") == (None if path is None else [path])


@pytest.mark.parametrize(
    "path", ["/cds-services/other", f"{SIGN}/feedback", "/nothing", "/rules/none", "/rules/sample/none", "/demo/last"]
)
def test_what_is_not_there_is_404(client, path):
    """E-7: an unknown service, the feedback that this release does not take, and unknown pages are 404."""
    answer = client.post(path, data=as_bytes(request()), **JSON) if "cds-services" in path else client.get(path)
    assert answer.status_code == 404
    assert outcome(answer)["code"] == "not-found"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", SIGN, {"POST", "OPTIONS"}), ("PUT", SIGN, {"POST", "OPTIONS"}), ("POST", "/cds-services", {"GET"})],
)
def test_another_method_is_405_and_says_which_are_allowed(client, method, path, allowed):
    """E-8: a wrong method is 405 with Allow."""
    answer = client.open(path, method=method)
    assert answer.status_code == 405
    assert allowed <= set(answer.headers["Allow"].split(", "))
    assert outcome(answer)["code"] == "not-supported"


def test_an_order_for_another_drug_is_answered_with_no_cards(client):
    """C-2: nothing to say is 200 with an empty list, and the FHIR server is not even opened."""
    body = request("order-sign", order("161", "acetaminophen"), fhirServer="http://127.0.0.1:9/fhir")
    answer = client.post(SIGN, data=as_bytes(body), **JSON)
    assert (answer.status_code, answer.json) == (200, {"cards": []})


def test_order_select_answers_for_the_selected_order(client):
    """D-9, R-2: the service of the other hook answers its own hook."""
    body = request("order-select", prefetch=prefetch())
    assert len(client.post(SELECT, data=as_bytes(body), **JSON).json["cards"]) == 2
    assert client.post(SIGN, data=as_bytes(body), **JSON).status_code == 400


def test_no_data_at_all_is_said_on_a_card(client):
    """E-1 in our reading: data that cannot be had are named on a card with 200, never 412."""
    answer = client.post(SIGN, data=as_bytes(request()), **JSON)
    (card,) = answer.json["cards"]
    assert card["source"]["topic"]["code"] == "unavailable"


@pytest.mark.parametrize(
    "server", ["http://10.0.0.8/fhir", "https://fhir.example.org/r4", "file:///etc/passwd", "x", 7]
)
def test_an_open_service_reads_no_server_elsewhere(client, server):
    """S-23, S-28: with --open a FHIR server that is not on this computer is not called; the card says so."""
    answer = client.post(SIGN, data=as_bytes(request(fhirServer=server)), **JSON)
    assert answer.status_code == 200
    (card,) = answer.json["cards"]
    assert card["source"]["topic"]["code"] == "unavailable"
    if isinstance(server, str):
        assert "was not permitted" in card["detail"]


def test_a_body_over_the_limit_is_413(ready, settings):
    """R-22, E-9: over the limit is 413, whether the length is told or not."""
    client = create_app(ready, replace(settings, max_body=2000)).test_client()
    answer = client.post(SIGN, data=b"{" + b" " * 3000 + b"}", **JSON)
    assert answer.status_code == 413
    assert outcome(answer)["code"] == "too-long"


def test_an_answer_that_is_not_valid_is_our_fault(ready, settings):
    """E-11: an answer that fails the schema becomes 500 without any detail, never a half-made list of cards."""
    client = create_app(replace(ready, answer_problems=lambda _: ("cards: wrong",)), settings).test_client()
    answer = client.post(SIGN, data=as_bytes(request()), **JSON)
    assert answer.status_code == 500
    assert outcome(answer) == {
        "severity": "fatal",
        "code": "exception",
        "diagnostics": "The service failed. No check was made.",
    }


def test_a_fault_of_ours_tells_nothing(ready, settings, caplog, monkeypatch):
    """E-11, S-21: an unexpected error is 500 without detail; the log has its place and not its message."""

    def broken(*_):
        raise ValueError("secret of p1")

    monkeypatch.setattr("cds.web.hook_call.answer", broken)
    app = create_app(ready, settings)
    answer = app.test_client().post(SIGN, data=as_bytes(request()), **JSON)
    assert answer.status_code == 500
    assert b"secret" not in answer.data
    lines = [record.fields for record in caplog.records if record.getMessage() == "failed"]
    assert lines[0]["error"] == "ValueError"
    assert "secret" not in json.dumps([record.__dict__.get("fields") for record in caplog.records], default=str)


def test_probes_say_what_is_served(client, ready):
    """S-2: /healthz and /readyz answer, and say that callers are not authenticated, and which content is in force."""
    assert client.get("/healthz").json == {"status": "ok"}
    state = client.get("/readyz").json
    assert state["mode"].startswith("open")
    assert state["profile"] == "sample"
    assert state["packs"] == {"sample": "0.1.0"}
    assert state["contentHash"] == ready.content_hash


PREFLIGHTED = ["/cds-services", "/cds-services/", SIGN, f"{SIGN}/", "/cds-services//x", f"{SIGN}/feedback"]


@pytest.mark.parametrize("path", PREFLIGHTED)
def test_a_preflight_is_answered_on_every_service_route(client, path):
    """S-30, S-32, S-33: OPTIONS is 204 without authentication, allows what browsers send, and no credentials."""
    answer = client.options(
        path,
        headers={
            "Origin": "https://sandbox.cds-hooks.org",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST, OPTIONS"
    assert answer.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type"
    assert int(answer.headers["Access-Control-Max-Age"]) > 0
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Access-Control-Allow-Private-Network" not in answer.headers


def test_a_preflight_for_the_local_network_is_answered(client):
    """S-30: Chrome asks before a public page may call this computer, and is told that it may."""
    answer = client.options(SIGN, headers={"Access-Control-Request-Private-Network": "true"})
    assert answer.headers["Access-Control-Allow-Private-Network"] == "true"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/cds-services", None, 200),
        ("POST", SIGN, b"{", 400),
        ("POST", "/cds-services/other", b"{}", 404),
        ("PUT", SIGN, b"{}", 405),
        ("POST", f"{SIGN}/feedback", b"{}", 404),
    ],
)
def test_a_browser_may_read_errors_too(client, method, path, body, status):
    """S-34: without the header on errors a browser hides what went wrong."""
    answer = client.open(path, method=method, data=body, **JSON)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (status, "*")


@pytest.mark.parametrize("path", ["/healthz", "/rules/sample"])
def test_other_pages_are_not_for_other_origins(client, path):
    """S-35: what no browser client of CDS Hooks needs is not opened to other origins."""
    assert "Access-Control-Allow-Origin" not in client.get(path).headers
