"""Cards, feedback and small databases to keep them in."""

import json
import sqlite3
import time
from contextlib import closing, contextmanager

from cds.record.database import prepare
from cds.record.feedback import FeedbackItem
from cds.record.place import FILE, Place
from cds.record.recorder import Recorder
from cds.record.shown import OfferedSuggestion, ShadowFinding, ShownCard, ShownFinding

AT = "2026-11-24T09:30:00.000000Z"
LATER = "2026-11-24T10:30:00.000000Z"
SYSTEM = "urn:example:reasons"


def card(uuid, *findings, answered_at=AT, suggestions=(), client=""):
    """A card with findings given as (id, indicator), or with one; each is of the first case of its rule."""
    found = findings or (("LIPID-01", "warning"),)
    return ShownCard(
        uuid=uuid,
        answered_at=answered_at,
        hook="order-sign",
        service="sample-order-sign",
        client=client,
        pack="sample",
        pack_version="0.1.0",
        content_hash="00ff",
        profile="sample",
        topic="labs",
        indicator=found[0][1],
        findings=tuple(ShownFinding(id, f"rule-{id.lower()}", "1.0.0", indicator, 1) for id, indicator in found),
        suggestions=tuple(OfferedSuggestion(each, "lipid-panel") for each in suggestions),
    )


def shadowed(uuid, finding="LIPID-01", answered_at=AT, **members):
    """What a rule in shadow would have said; without a finding, that it could not be checked."""
    kept = {
        "hook": "order-sign",
        "service": "sample-order-sign",
        "client": "",
        "pack": "sample",
        "pack_version": "0.1.0",
        "content_hash": "00ff",
        "profile": "sample",
        "rule": "rule-shadow",
        "rule_version": "1.0.0",
        "rule_case": 2 if finding else 3,
        "finding": finding,
        "indicator": "warning" if finding else "",
    }
    return ShadowFinding(uuid=uuid, answered_at=answered_at, **{**kept, **members})


def accepted(uuid, *suggestions, at=AT):
    """Feedback that suggestions of a card were taken."""
    return FeedbackItem(uuid, "accepted", at, suggestions or ("s1",))


def overridden(uuid, code="", at=AT, *, has_comment=False):
    """Feedback that a card was overridden."""
    return FeedbackItem(uuid, "overridden", at, (), SYSTEM if code else "", code, has_comment)


def prepared(folder):
    """An SQLite database, ready."""
    place = Place(folder / FILE)
    prepare(place)
    return place


@contextmanager
def recording(place, **options):
    """A recorder that is closed at the end."""
    recorder = Recorder(place, **options)
    try:
        yield recorder
    finally:
        recorder.close()


PATIENCE_S = 30


def until(true):
    """Wait for a thread or a process to get there."""
    give_up = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def rows(place, query):
    """What a query finds, read apart from the code that is tested."""
    with closing(sqlite3.connect(place.file)) as connection:
        return connection.execute(query).fetchall()


def body(*items):
    """A feedback body."""
    return json.dumps({"feedback": list(items)}).encode()


def item(**members):
    """A good item, with other members; None takes one away."""
    good = {"card": "c1", "outcome": "overridden", "outcomeTimestamp": "2026-11-24T09:30:00Z"}
    return {name: value for name, value in {**good, **members}.items() if value is not None}
