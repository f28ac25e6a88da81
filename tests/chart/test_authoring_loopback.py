"""The loopback FHIR server, as an EHR's test client sees it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from chart_samples import SYSTEM, bundle, lab

from cds.authoring.loopback import LoopbackFhir

PERSON = {"resourceType": "Patient", "id": "p1"}


def ask(url: str, method: str = "GET", body: bytes | None = None) -> tuple[int, Any, Any]:
    request = urllib.request.Request(url, body, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None, answer.headers
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.loads(refused.read()), refused.headers


def test_what_the_sandbox_asks_for() -> None:
    """Real clients, section 3: metadata with a version, all patients, one patient, CORS."""
    with LoopbackFhir([bundle(PERSON)]) as server:
        assert ask(f"{server.base}/metadata")[1]["fhirVersion"] == "4.0.1"
        status, found, headers = ask(f"{server.base}/Patient")
        assert (status, found["total"], headers["Access-Control-Allow-Origin"]) == (200, 1, "*")
        assert ask(f"{server.base}/Patient/p1")[1] == PERSON
        assert ask(f"{server.base}/Patient", "OPTIONS")[0] == 204
        status, outcome, _ = ask(f"{server.base}/Patient/p2")
        assert (status, outcome["resourceType"]) == (404, "OperationOutcome")


def test_searches_filter_sort_and_page() -> None:
    """FHIR R4 search: code with or without system, newest first, a next link that goes on."""
    stored = bundle(lab("1", "2026-11-01"), lab("2", "2026-11-03"), lab("3", "2026-11-02", patient="p2"))
    with LoopbackFhir([stored]) as server:
        query = f"patient=p1&code={SYSTEM}%7Ca,{SYSTEM}%7Czz&_sort=-date&_count=1"
        for method, url, body in (
            ("GET", f"{server.base}/Observation?{query}", None),
            ("POST", f"{server.base}/Observation/_search", query.encode()),
        ):
            page = ask(url, method, body)[1]
            assert (page["total"], page["entry"][0]["resource"]["id"]) == (2, "2")
            following = next(each["url"] for each in page["link"] if each["relation"] == "next")
            last = ask(following)[1]
            assert last["entry"][0]["resource"]["id"] == "1"
            assert [each["relation"] for each in last["link"]] == ["self"]
        assert ask(f"{server.base}/Observation?code=zz")[1]["total"] == 0
        assert ask(f"{server.base}/Observation?subject=Patient/p2&code=a")[1]["total"] == 1


def test_a_folder_of_bundles_is_served_with_its_references_resolved(tmp_path: Path) -> None:
    """A transaction Bundle refers by full URL; a server would have stored Type/id."""
    chart = {
        "resourceType": "Bundle",
        "entry": [
            {"fullUrl": "urn:uuid:1", "resource": PERSON},
            {"fullUrl": "urn:uuid:2", "resource": lab("1", subject={"reference": "urn:uuid:1"})},
        ],
    }
    (tmp_path / "a.json").write_text(json.dumps(chart))
    with LoopbackFhir(tmp_path) as server:
        assert ask(f"{server.base}/Observation?patient=p1")[1]["total"] == 1
