"""Cards, feedback and small databases to keep them in."""

import json
import sqlite3
from contextlib import closing, contextmanager

from cds.record.database import prepare
from cds.record.feedback import FeedbackItem
from cds.record.place import FILE, Place
from cds.record.recorder import Recorder
from cds.record.shown import OfferedSuggestion, ShownCard, ShownFinding

AT = "2026-11-24T09:30:00.000000Z"
LATER = "2026-11-24T10:30:00.000000Z"
SYSTEM = "urn:example:reasons"


def card(uuid, *findings, answered_at=AT, suggestions=()):
    """A card with findings given as (id, indicator), or with one."""
    found = findings or (("LIPID-01", "warning"),)
    return ShownCard(
        uuid=uuid,
        answered_at=answered_at,
        hook="order-sign",
        service="sample-order-sign",
        client="",
        pack="sample",
        pack_version="0.1.0",
        content_hash="00ff",
        profile="sample",
        topic="labs",
        indicator=found[0][1],
        findings=tuple(ShownFinding(id, f"rule-{id.lower()}", "1.0.0", indicator) for id, indicator in found),
        suggestions=tuple(OfferedSuggestion(each, "lipid-panel") for each in suggestions),
    )


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
