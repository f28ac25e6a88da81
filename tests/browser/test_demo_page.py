"""The demo page without a browser: where it is served, what it is made of, and what it may do."""

import json
import re
from pathlib import Path

import pytest
from browser_servers import fetched
from test_architecture import ALLOWED, CLINICAL

from cds.errors import StartError
from cds.language.defaults import default_profile
from cds.settings import Settings
from cds.web.app import create_app
from cds.web.demo_page import POLICY, STATIC
from cds.web.demo_patients import load
from cds.web.demo_site import served_profiles
from cds.web.last import MOST_KEPT, Last
from cds.web.services import load_ready

ROOT = Path(__file__).parents[2]
SOURCES = [*STATIC.iterdir(), STATIC.parent / "templates" / "demo.html"]


def test_only_the_demonstration_has_the_page(content):
    """serve --open knows nothing under /demo."""
    client = create_app(load_ready(content, default_profile(content)), Settings(open=True)).test_client()
    for path in ("/demo", "/demo/why?instance=1", "/demo/last", "/demo/static/demo.js", "/profiles/uk-2026/readyz"):
        assert client.get(path).status_code == 404


def test_the_page_runs_its_own_files_only(demo):
    """A policy without any outside address, and files of their right types."""
    status, headers, body = fetched(demo.url, "GET", "/demo")
    headers = {name.lower(): value for name, value in headers.items()}
    assert status == 200
    assert headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    for name in re.findall(rb'(?:src|href)="(demo/static/[^"]+)"', body):
        status, headers, _ = fetched(demo.url, "GET", f"/{name.decode()}")
        assert status == 200
    assert fetched(demo.url, "GET", "/demo/static/..%2fapp.py")[0] == 404


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_the_page_names_nobody_and_nothing_clinical(path):
    """No outside address, no HTML made of text, no drug or test or condition; short enough to read."""
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"https?://[\w.]+", text) == []
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", text)
    assert len(text.splitlines()) < 300
    for pattern in CLINICAL:
        assert not re.search(pattern, ALLOWED.sub("", text), re.IGNORECASE if pattern.islower() else 0), pattern


def test_other_profiles_are_served_under_a_path_of_their_own(demo):
    """The services of both profiles, with the same ids; their cards and pages stay under the path."""
    listed = {
        path: json.loads(fetched(demo.url, "GET", f"{path}/cds-services")[2])["services"]
        for path in ("", "/profiles/uk-2026")
    }
    assert [each["id"] for each in listed[""]] == [each["id"] for each in listed["/profiles/uk-2026"]]
    ready = json.loads(fetched(demo.url, "GET", "/profiles/uk-2026/readyz")[2])
    assert ready["profile"] == "uk-2026"
    assert fetched(demo.url, "GET", "/profiles/nowhere/cds-services")[0] == 404
    assert fetched(demo.url, "OPTIONS", "/profiles/uk-2026/cds-services/isotretinoin-order-sign")[0] == 204


def test_only_profiles_that_are_there_are_offered():
    """A pack given by --rules may have other profiles; the one that is served comes first, whatever it is called."""
    files = {"rules/one/profiles/a.yaml": b"", "rules/one/profiles/b.yaml": b""}
    found = served_profiles(files, Settings(open=True, profile="b"), {"a": "A", "c": "C"})
    assert [(each.name, each.says, each.path) for each in found] == [("b", "b", ""), ("a", "A", "profiles/a/")]


def test_every_profile_and_order_of_the_fixtures_is_there(content):
    """What the page offers by name exists."""
    index = json.loads((ROOT / "fixtures" / "demo" / "demo.json").read_bytes())
    for each in index["profiles"]:
        assert any(name.endswith(f"/profiles/{each['name']}.yaml") for name in content)
    orders = [index["order"], *index["other_orders"]]
    assert len({each["id"] for each in orders}) == len(orders) > 2
    assert default_profile(content) in {each["name"] for each in index["profiles"]}


def test_missing_patients_are_said(tmp_path):
    """Without its fixtures the demonstration does not start."""
    with pytest.raises(StartError, match="missing"):
        load(tmp_path, None)


def test_a_call_is_explained_by_its_own_id_and_forgotten_in_time():
    """Calls that came in between do not change whose explanation it is; after a while the oldest are gone."""
    last = Last()

    class NothingEvaluated:
        patient = decisions = None

    for number in range(MOST_KEPT + 1):
        last.keep(f"s{number}", json.dumps({"hookInstance": f"i{number}"}).encode(), b"{}", NothingEvaluated())
    assert last.why("i0") is None
    assert last.why("i1")["service"] == "s1"
    assert last.shown()["service"] == f"s{MOST_KEPT}"
    last.keep("odd", b"[1]", b"{}", NothingEvaluated())
    last.keep("broken", b'{"prefetch": {', b"{}", NothingEvaluated())
    assert last.why("") is None
