import json
import time
from datetime import date

import pytest
from web_samples import DEMO
from web_servers import COMMAND, PATIENCE_S, served

from cds.demo import load, shifted
from cds.errors import StartError


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("effectiveDateTime", "2026-11-20T08:30:00-05:00", "2026-12-20T08:30:00-05:00"),
        ("birthDate", "2007-07-27", "2007-08-26"),
        ("start", "2026-01-31", "2026-03-02"),
        ("performedDateTime", "2025-06", "2025-07"),
        ("onsetDateTime", "2024", "2024"),
        ("issued", "2026-11-20T08:30:00.123Z", "2026-12-20T08:30:00.123Z"),
        ("code", "2026-11-20", "2026-11-20"),
        ("gender", "2026-11-20", "2026-11-20"),
        ("birthDate", "unknown", "unknown"),
    ],
)
def test_dates_are_shifted_and_nothing_else(key, before, after):
    """Date elements move by whole days with time and zone kept; codes that look like dates stay."""
    assert shifted({"a": [{key: before}]}, 30) == {"a": [{key: after}]}


def test_the_fixtures_are_as_old_as_they_say():
    """On the reference day nothing moves; a year on, everything has moved along by the same days."""
    index = json.loads((DEMO / "demo.json").read_bytes())
    day = date.fromisoformat(index["reference_day"])
    assert load(DEMO, day).charts[0] == json.loads((DEMO / index["patients"][0]["chart"]).read_bytes())
    assert load(DEMO, date(2030, 1, 1)).order["authoredOn"] == "2030-01-01"


def test_every_patient_of_the_index_can_be_shown_in_the_sandbox():
    """The sandbox needs name[0].given; ids are unique over all charts; every subject is the chart's patient."""
    demonstration = load(DEMO, date(2026, 11, 24))
    held = [each["resource"] for chart in demonstration.charts for each in chart["entry"]]
    ids = [(each["resourceType"], each["id"]) for each in held]
    assert len(ids) == len(set(ids))
    for patient, chart in zip(demonstration.patients, demonstration.charts, strict=True):
        resources = {(r["resourceType"], r["id"]): r for r in (each["resource"] for each in chart["entry"])}
        assert resources["Patient", patient.id]["name"][0]["given"]
        assert tuple(patient.user.split("/")) in resources
        subjects = {each["subject"]["reference"] for each in resources.values() if "subject" in each}
        assert subjects == {f"Patient/{patient.id}"}
    assert demonstration.default in {patient.id for patient in demonstration.patients}


def test_missing_fixtures_are_said_plainly(tmp_path):
    """Without its patients the demonstration does not start."""
    with pytest.raises(StartError, match="patients are missing"):
        load(tmp_path, date(2026, 1, 1))


def test_the_demonstration_shows_an_example_and_goes_on_serving(tmp_path):
    """C-1, P-20: demo prints the cards of a real call and the sandbox link, serves on, and ends cleanly on Ctrl-C."""
    with served(tmp_path, *COMMAND, "demo") as running:
        give_up = time.monotonic() + PATIENCE_S
        while "Ctrl-C ends" not in (said := running.log.read_text()):
            assert time.monotonic() < give_up, said
            time.sleep(0.05)
        assert "The same cards." in said
        assert "[warning]" in said
        assert "\x1b" not in said, "colour is for terminals only"
        for parameter in ("fhirServiceUrl=", "patientId=", "serviceDiscoveryURL=", "hook=order-", "screen=rx-"):
            assert parameter in said
        assert json.loads((DEMO / "demo.json").read_bytes())["paste"] in said
        assert "local network" in said
        assert f"{running.url}/demo/last" in said
        last = json.loads(running.send("GET", "/demo/last?format=json")[2])
        assert last["explanation"]["rules"]
        assert last["answer"]["cards"]
    assert running.process.returncode == 0
    assert "Traceback" not in running.log.read_text()
