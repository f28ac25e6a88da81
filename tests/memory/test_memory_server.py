"""The real service at a site with a memory: choose an order, override a card, sign the order."""

import json
import sqlite3
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from answer_samples import PACK, TODAY, prefetched, vignette
from repeats_samples import EHR, on
from sqlalchemy import text
from web_samples import as_bytes
from web_servers import COMMAND, PATIENCE_S, served

from cds.cli import main
from cds.record.database import open_engine
from cds.record.moments import as_text
from cds.record.place import FILE, Place

JSON = {"Content_Type": "application/json"}
SITE = f"""\
site: clinic
timezone: UTC
packs: {{{PACK}: {{profile: us-rems-2026}}}}
"""
MEMORY = """\
memory: {secret_file: memory.key, overridden_warnings: yes, once_per_course: yes, because: policy 14}
"""
SECRET = bytes(range(7, 71))
WARNED, UNSUPERVISED = "V23.us", "V54.us"
OVERRIDDEN = {"CONTRA-01", "PREG-03"}


class Ehr:
    """An EHR that calls a running service with all data in the prefetch."""

    def __init__(self, running, service):
        self.running = running
        self.service = service

    def call(self, hook, name, **context):
        """The cards for a labelled patient."""
        request, chart = vignette(name)
        body = on(hook, request, **context)
        body.update(prefetch=prefetched(self.service.groups(hook), body, chart), fhirServer=EHR)
        status, _, answer = self.running.send("POST", f"/cds-services/{PACK}-{hook}", as_bytes(body), **JSON)
        assert status == 200, answer
        return json.loads(answer)["cards"]

    def findings(self, name, hook="order-sign", **context):
        """The ids of the findings that are shown."""
        return ids(self.call(hook, name, **context))

    def override(self, card):
        """The user overrides a card."""
        item = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-11-24T09:30:00Z"}
        path = f"/cds-services/{PACK}-order-select/feedback"
        assert self.running.send("POST", path, as_bytes({"feedback": [item]}), **JSON)[0] == 200

    def until(self, wanted, name, times=1, **context):
        """Sign until the findings are as wanted, so many times on end: a busy computer may miss a lookup."""
        give_up = time.monotonic() + PATIENCE_S
        in_a_row = 0
        while in_a_row < times:
            found = self.findings(name, **context)
            in_a_row = in_a_row + 1 if found == wanted else 0
            assert time.monotonic() < give_up, found


def ids(cards):
    """Ids of findings on cards."""
    return {each["id"] for card in cards for each in card["extension"]["isotretinoin-cds.card"]["findings"]}


@pytest.fixture
def folder(tmp_path):
    """A site file and its secret."""
    (tmp_path / "site.yaml").write_text(SITE + MEMORY)
    (tmp_path / "memory.key").write_bytes(SECRET)
    (tmp_path / "memory.key").chmod(0o600)
    return tmp_path


@contextmanager
def serving(folder, service, *options, workers=2):
    """The real command over the shipped content."""
    command = (*COMMAND, "serve", "--open", "--site", str(folder / "site.yaml"), "--today", TODAY.isoformat())
    with served(folder, *command, "--workers", str(workers), *options) as running:
        yield Ehr(running, service)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))])
def place(request, folder, monkeypatch):
    """Where records are kept, told to the service by its environment."""
    if request.param == "sqlite":
        monkeypatch.setenv("ISOTRETINOIN_CDS_DATA", str(folder / "data"))
        return Place(folder / "data" / FILE)
    found = request.getfixturevalue("postgresql")()
    monkeypatch.setenv("ISOTRETINOIN_CDS_DATA", str(found.folder))
    monkeypatch.setenv("ISOTRETINOIN_CDS_DATABASE", found.url)
    return found


def run(place, sql, **values):
    """Run a statement on the records, as another program would."""
    engine = open_engine(place)
    try:
        with engine.begin() as connection:
            done = connection.execute(text(sql), values)
            return done.all() if done.returns_rows else []
    finally:
        engine.dispose()


def age(place, table, lasts, old):
    """Make all entries of a table as old as told."""
    run(place, f"update {table} set expires_at = :at", at=as_text(datetime.now(UTC) - old + lasts))  # noqa: S608 - of this file


def wait_for(place, sql):
    """Wait until the records hold what a query counts."""
    give_up = time.monotonic() + PATIENCE_S
    while not run(place, sql)[0][0]:
        assert time.monotonic() < give_up, sql
        time.sleep(0.02)


def test_an_overridden_warning_stays_away(folder, place, service):
    """8.3: in every process, after a restart, for this user and patient, for a day; nothing else stays away."""
    with serving(folder, service) as ehr:
        everything = ehr.findings(WARNED)
        assert everything > OVERRIDDEN
        chosen = ehr.call("order-select", WARNED)
        wait_for(place, "select count(*) from memory_pending")
        assert ehr.findings(WARNED) == everything
        ehr.override(chosen[0])
        assert ids(chosen[:1]) == OVERRIDDEN
        ehr.until(everything - OVERRIDDEN, WARNED, times=20)
        assert ehr.findings(WARNED, userId="PractitionerRole/another") > OVERRIDDEN
        assert "PREG-03" in ehr.findings("V12.us")
    with serving(folder, service) as ehr:
        ehr.until(everything - OVERRIDDEN, WARNED, times=10)
        age(place, "memory", timedelta(hours=24), timedelta(hours=24, seconds=1))
        assert ehr.findings(WARNED) == everything
        lines = [json.loads(line) for line in ehr.running.log.read_text().splitlines() if line.startswith("{")]
        assert {tuple(each["withheld"]) for each in lines if "withheld" in each} == {("PREG-03", "CONTRA-01")}


def test_advice_stays_away_for_the_rest_of_the_course(folder, place, service):
    """8.3: shown on the day, and half a day after it was first shown no more; again when it has expired."""
    with serving(folder, service) as ehr:
        advice = {"DERM-01", "COUNSEL-01"}
        assert ehr.findings(UNSUPERVISED) == advice
        wait_for(place, "select count(*) from memory where kind = 'shown'")
        assert ehr.findings(UNSUPERVISED) == advice
        age(place, "memory", timedelta(days=365), timedelta(hours=13))
        ehr.until(set(), UNSUPERVISED, times=5)
        age(place, "memory", timedelta(days=365), timedelta(days=366))
        assert ehr.findings(UNSUPERVISED) == advice


def test_a_broken_memory_hides_nothing(folder, place, service):
    """8.3: where the store fails, warnings are shown, calls are answered, and readiness counts it; then it works."""
    with serving(folder, service, workers=1) as ehr:
        everything = ehr.findings(WARNED)
        ehr.override(ehr.call("order-select", WARNED)[0])
        ehr.override(ehr.call("order-select", WARNED)[0])
        ehr.until(everything - OVERRIDDEN, WARNED)
        run(place, "alter table memory rename to gone")
        assert ehr.findings(WARNED) == everything
        assert json.loads(ehr.running.send("GET", "/readyz")[2])["record"]["unanswered"] >= 1
        run(place, "alter table gone rename to memory")
        ehr.until(everything - OVERRIDDEN, WARNED)
    assert "what is remembered cannot be looked up" in ehr.running.log.read_text()


def test_no_patient_and_no_user_is_in_the_database(folder, service, monkeypatch):
    """No bytes of the records hold an id of the patient or the user, the EHR's address, or the secret."""
    monkeypatch.setenv("ISOTRETINOIN_CDS_DATA", str(folder / "data"))
    with serving(folder, service, workers=1) as ehr:
        for name in (WARNED, UNSUPERVISED):
            ehr.call("order-sign", name)
            for card in ehr.call("order-select", name):
                ehr.override(card)
    with closing(sqlite3.connect(folder / "data" / FILE)) as connection:
        rows = connection.execute("select * from memory").fetchall()
    assert {kind for _, kind, _ in rows} == {"overridden", "shown"}
    written = b"".join(path.read_bytes() for path in (folder / "data").rglob("*") if path.is_file())
    assert b"PREG-03" in written
    for name in (WARNED, UNSUPERVISED):
        context = vignette(name)[0]["context"]
        for told in (context["patientId"], context["userId"].partition("/")[2]):
            assert told.encode() not in written
    assert EHR.encode() not in written
    assert SECRET[:16] not in written
    assert SECRET.hex()[:16].encode() not in written


def test_without_memory_in_the_site_file_no_row_is_written(folder, service, monkeypatch):
    """Off by default: after overrides and signed orders both tables are empty, and every card is shown again."""
    monkeypatch.setenv("ISOTRETINOIN_CDS_DATA", str(folder / "data"))
    (folder / "site.yaml").write_text(SITE)
    with serving(folder, service) as ehr:
        everything = ehr.findings(WARNED)
        for card in ehr.call("order-select", WARNED):
            ehr.override(card)
        assert ehr.findings(WARNED) == everything
    place = Place(folder / "data" / FILE)
    assert run(place, "select * from memory union all select * from memory_pending") == []
    assert run(place, "select count(*) from feedback") == [(2,)]


def test_a_memory_needs_records(folder, service, capsys):
    """--no-record beside a memory ends the start with a sentence."""
    site = str(folder / "site.yaml")
    assert main(["serve", "--open", "--site", site, "--no-record"]) == 2
    assert "start without --no-record" in capsys.readouterr().err
