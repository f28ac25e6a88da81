"""docs/monitoring: alerts and dashboard name what a running service really tells."""

import json
import re
from pathlib import Path

import pytest
import yaml
from web_metrics import kept, post, read, watched

from cds.authoring.loopback import LoopbackFhir

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "docs" / "monitoring"
OPERATIONS = ROOT / "docs" / "operations.md"
METRIC = re.compile(r"\b(cds_[a-z_]+)(?:\{([^}]*)\})?")
LABEL = re.compile(r'([a-z_]+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"')
OF_PROMETHEUS = {"instance", "job"}
RULES = [
    rule for group in yaml.safe_load((MONITORING / "alerts.yaml").read_text())["groups"] for rule in group["rules"]
]
DASHBOARD = json.loads((MONITORING / "dashboard.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = {
    **{rule["alert"]: rule["expr"] for rule in RULES},
    **{f"{panel['title']} {each['refId']}": each["expr"] for panel in PANELS for each in panel["targets"]},
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The labels of each metric that a service tells after some calls: name → label → values."""
    with LoopbackFhir() as fhir, watched(tmp_path_factory.mktemp("alerts"), fhir.base) as running:
        for name in ("no-labs", "no-tests-no-contraception", "other-drug"):
            assert post(running, kept(name))[0] == 200
        assert post(running, {})[0] == 400
        text = running.send("GET", "/metrics")[2].decode()
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, labels = re.match(r"([a-z_]+)(?:\{(.*)\})? ", line).groups()
            for label, value in re.findall(r'([a-z_]+)="([^"]*)"', labels or ""):
                found.setdefault(name, {}).setdefault(label, set()).add(value)
            found.setdefault(name, {})
    assert read(text)
    return found


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_every_metric_of_an_expression_is_told_with_its_labels(told, name):
    """Each metric is in /metrics, has the labels that are matched or grouped by, and the values matched."""
    expression = EXPRESSIONS[name]
    metrics = METRIC.findall(expression)
    assert metrics or expression.startswith("up{")
    for metric, matchers in metrics:
        assert metric in told, metric
        for label, value in LABEL.findall(matchers):
            if label in OF_PROMETHEUS:
                continue
            assert label in told[metric], f"{metric} has no label {label}"
            assert any(re.fullmatch(value, each) for each in told[metric][label]), f"{metric}: no {label} is {value}"
    grouped = {
        each.strip()
        for inner in re.findall(r"\b(?:by|ignoring)\s*\(([^)]*)\)", expression)
        for each in inner.split(",")
    }
    known = {label for metric, _ in metrics for label in told[metric]} | OF_PROMETHEUS
    assert grouped <= known, grouped - known


def test_every_metric_is_described_in_the_operations_guide(told):
    """The table of metrics lists each with all of its labels; those of the record share a line."""
    rows = re.findall(r"^\| `(cds_[a-z_]+)` \| ([a-z, ]*) ?\|", OPERATIONS.read_text(), re.MULTILINE)
    listed = {name: {each.strip() for each in labels.split(",") if each.strip()} for name, labels in rows}
    families = {}
    for name, labels in told.items():
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        families.setdefault(family, set()).update(set(labels) - {"le"})
    assert listed == {name: labels for name, labels in families.items() if not name.startswith("cds_record_")}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_leads_to_what_to_do(rule):
    """An alert has a grave or a lesser severity, a summary, and a section of the guide about it, with a text."""
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"]["summary"]
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert (ROOT / page, anchor) == (OPERATIONS, rule["alert"].lower())
    section = re.search(rf"^### {rule['alert']}\n\n(.+?)(?=^#|\Z)", OPERATIONS.read_text(), re.MULTILINE | re.DOTALL)
    assert section is not None
    assert len(section[1].split()) > 20


def test_no_section_is_about_an_alert_that_is_gone():
    """The guide and the rules name the same alerts."""
    assert set(re.findall(r"^### (Cds\w+)$", OPERATIONS.read_text(), re.MULTILINE)) == {rule["alert"] for rule in RULES}


def test_panels_of_the_dashboard_do_not_overlap():
    """Each panel has an id and a place of its own."""
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert all(x < 24 for x, _ in cells)
