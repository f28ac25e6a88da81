"""A site's memory that a test can look into, and calls that go from choosing an order to signing it."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from answer_samples import PACK, prefetched

from cds.answer import answer
from cds.cards.repeats import Memory
from cds.language.site_memory import SiteMemory
from cds.values.diagnostic import Position
from cds.wire.request import read_call

EHR = "https://ehr.example.org/fhir"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECRET = b"\x07" * 32
SITE = SiteMemory(
    Position("site.yaml", 1, 1), "memory.key", overridden_warnings=True, once_per_course=True, secret=SECRET
)


@dataclass
class Kept:
    """What is remembered, as the records keep it, and the moment that it is."""

    now: datetime = NOON
    active: dict[str, datetime] = field(default_factory=dict)
    waiting: dict[str, list] = field(default_factory=dict)
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def lookup(self, keys):
        """Which keys are remembered now."""
        self.asked.append(tuple(keys))
        return {key: self.active[key] for key in keys if key in self.active and self.active[key] > self.now}

    def keep(self, result):
        """Keep what an answer wants remembered."""
        for memo in result.memos:
            if memo.card:
                self.waiting.setdefault(memo.card, []).append(memo)
            elif self.active.get(memo.key, self.now) <= self.now:
                self.active[memo.key] = memo.expires_at
        return result

    def override(self, result, *indices):
        """The user overrides cards of an answer: those at these places, or all."""
        for place, card in enumerate(result.cards):
            if not indices or place in indices:
                for memo in self.waiting.pop(card.uuid, ()):
                    self.active[memo.key] = memo.expires_at

    def later(self, **spans):
        """Time goes by."""
        self.now += timedelta(**spans)


class Clinic:
    """The service at a site with a memory."""

    def __init__(self, service, kept=None, settings=SITE, name="clinic"):
        self.service = service
        self.kept = kept or Kept()
        self.memory = Memory(name, settings, self.kept.lookup, lambda: self.kept.now)

    def answer(self, request, chart, hook="order-sign", server=EHR, plan=None, **context):
        """The answer to a call, all data in its prefetch; what it wants remembered is kept."""
        return self.kept.keep(self.asked(request, chart, hook, server, plan, **context))

    def asked(self, request, chart, hook="order-sign", server=EHR, plan=None, **context):
        """The answer alone."""
        body = on(hook, request, **context)
        body["prefetch"] = prefetched(self.service.groups(hook), body, chart)
        if server:
            body["fhirServer"] = server
        served = self.service.ready.services[f"{PACK}-{hook}"]
        call = read_call(json.dumps(body).encode(), served.hook, served.problems)
        return answer(call, plan or served.plan, replace(self.service.edge(), memory=self.memory))


def on(hook, request, **context):
    """A request on another hook, and with another context."""
    body = {**request, "hook": hook, "context": {**request["context"], **context}}
    if hook == "order-select":
        entries = body["context"]["draftOrders"]["entry"]
        drafts = [f"{each['resource']['resourceType']}/{each['resource']['id']}" for each in entries]
        body["context"]["selections"] = drafts
    return body


def shown(result):
    """Ids of the findings on cards, with their indicator."""
    return {
        (each["id"], each["indicator"])
        for card in result.cards
        for each in card.extension["isotretinoin-cds.card"]["findings"]
    }
