"""A service whose metrics are read, and the samples that it tells."""

import json
import time
from contextlib import contextmanager
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from web_servers import COMMAND, PATIENCE_S, served

FIXTURES = Path(__file__).parents[2] / "fixtures"
SITE = """\
site: clinic
timezone: UTC
packs: {{isotretinoin: {{profile: us-rems-2026}}}}
clients: [{{name: ward, issuer: {base}, fhir: {{base: {base}, budget: 20000 ms}}}}]
"""


def kept(name):
    """The body of a kept conversation."""
    return json.loads((FIXTURES / "conversations" / f"{name}.json").read_text())["body"]


def read(text):
    """Samples by name, and by label values in the order of the labels' names."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            assert (sample.name, labels) not in found, "a sample comes twice"
            found[sample.name, labels] = sample.value
    return found


def samples(running):
    """What ``/metrics`` tells now."""
    status, headers, body = running.send("GET", "/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return read(body.decode())


@contextmanager
def watched(folder, fhir, *options, workers=2):
    """The real command with a site file that names one client, whose FHIR server is given."""
    site = folder / "site.yaml"
    site.write_text(SITE.format(base=fhir))
    command = (*COMMAND, "serve", "--open", "--site", str(site), "--data", str(folder / "data"))
    with served(folder, *command, "--today", "2026-11-24", "--workers", str(workers), *options) as running:
        yield running


class Since:
    """How metrics changed since it was made."""

    def __init__(self, running):
        self._running = running
        self._before = samples(running)

    def __call__(self, name, *labels):
        """The growth of one sample; labels in the order of their names."""
        key = (name, labels)
        return samples(self._running).get(key, 0.0) - self._before.get(key, 0.0)


def post(running, body, service="isotretinoin-order-sign"):
    """Status and JSON of a call."""
    status, _, answer = running.send(
        "POST", f"/cds-services/{service}", json.dumps(body).encode(), Content_Type="application/json"
    )
    return status, json.loads(answer)


def until(true):
    """Wait until something holds."""
    give_up = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.05)
