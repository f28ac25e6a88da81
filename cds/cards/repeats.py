"""Findings that need not be shown again: the keys by which a site remembers them, and what it remembers of an answer.

A key is a keyed hash of everything that must be the same for a finding to stay away. Whatever differs gives another
key, so in doubt a finding is shown once more.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from cds.cards.merge import EXTENSION, holding_notes
from cds.cards.text import Writer
from cds.facts.phase import course_mark
from cds.findings.decide import Decision, Decisions
from cds.language.plan import ALSO, Finding, Plan
from cds.language.site_memory import SiteMemory
from cds.wire.call import Call
from cds.wire.response import Card

OVERRIDDEN, SHOWN = "overridden", "shown"
OVERRIDE_LASTS = timedelta(hours=24)
# A course has no end that is known while it lasts. A year is longer than a course, and bounds what is kept.
COURSE_LASTS = timedelta(days=365)
# A prescriber who opens the order again, and an EHR that calls twice, get the same cards for the rest of the day.
STAYS_SHOWN = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Memo:
    """What is to be remembered of one finding.

    Attributes:
        kind: ``overridden`` or ``shown``.
        key: keyed hash, hexadecimal.
        expires_at: when it is forgotten.
        card: the card on which it counts only once the user has overridden it; empty where it counts at once.
    """

    kind: str
    key: str
    expires_at: datetime
    card: str = ""


@dataclass(frozen=True)
class Memory:
    """What a site wants remembered, and what is.

    Attributes:
        site: name of the site.
        settings: what is switched on, with the secret.
        lookup: tells of keys which are remembered and until when; it never fails and hardly waits, and what cannot be
            looked up is not remembered.
        now: the present moment.
    """

    site: str
    settings: SiteMemory
    lookup: Callable[[Sequence[str]], Mapping[str, datetime]]
    now: Callable[[], datetime]


class Repeats:
    """What need not be shown again in the answer to one call, and what is to be remembered of it.

    Overrides count where a user goes on from choosing an order to signing it. Without a FHIR server in the call nothing
    is remembered: a patient's id is unique on its server only.
    """

    def __init__(self, memory: Memory, call: Call, plan: Plan, writer: Writer) -> None:
        self._memory = memory
        self._call = call
        self._plan = plan
        self._writer = writer
        self._choosing = call.hook in plan.tentative_hooks
        self._found: Mapping[str, datetime] = {}

    def recall(self, decisions: Sequence[Decision]) -> Mapping[str, str]:
        """Name of a rule → why its finding need not be shown again. One lookup for all of them."""
        if self._choosing:
            return {}
        keys = {each.rule.name: (kind, key) for each in decisions for kind, key in self._key(each)}
        self._found = self._memory.lookup([key for _, key in keys.values()]) if keys else {}
        return {
            rule: why
            for rule, (kind, key) in keys.items()
            if key in self._found and (why := self._why(kind, self._found[key]))
        }

    def memos(self, decisions: Decisions, cards: Sequence[Card]) -> tuple[Memo, ...]:
        """What is to be remembered of the findings that were shown in full."""
        on = {
            each["rule"]: card.uuid
            for card in cards
            if card.extension[EXTENSION]["topic"] != ALSO  # there it is a headline among others
            for each in card.extension[EXTENSION]["findings"]
        }
        wanted = OVERRIDDEN if self._choosing else SHOWN
        return tuple(
            self._memo(kind, key, on[each.rule.name])
            for each in decisions.shown
            if each.rule.name in on
            for kind, key in self._key(each)
            if kind == wanted and key not in self._found
        )

    def _memo(self, kind: str, key: str, card: str) -> Memo:
        now = self._memory.now()
        if kind == OVERRIDDEN:
            return Memo(kind, key, now + OVERRIDE_LASTS, card)
        return Memo(kind, key, now + COURSE_LASTS)

    def _why(self, kind: str, expires_at: datetime) -> str:
        site = f"site {self._memory.site}"
        if kind == OVERRIDDEN:
            where = " or ".join(sorted(self._plan.tentative_hooks))
            return f"overridden by the same user on {where}, on a card of {_told(expires_at - OVERRIDE_LASTS)}, {site}"
        first = expires_at - COURSE_LASTS
        if self._memory.now() - first < STAYS_SHOWN:
            return ""
        return f"shown in this course on {_told(first)}, {site}"

    def _key(self, decision: Decision) -> list[tuple[str, str]]:
        """Kind and key of a decision; none where it is not to be remembered, or cannot be told from others."""
        finding, settings, call = decision.finding, self._memory.settings, self._call
        if finding is None or not call.fhir_server:
            return []
        if finding.indicator == "warning" and settings.overridden_warnings and call.context.user:
            return [(OVERRIDDEN, self._hash(OVERRIDDEN, decision, finding, call.context.user, *self._words(finding)))]
        if finding.indicator == "info" and finding.once_per_course and settings.once_per_course and self._course:
            return [(SHOWN, self._hash(SHOWN, decision, finding, self._course, *self._notes(finding)))]
        return []

    @cached_property
    def _course(self) -> str:
        return course_mark(self._plan.phase, self._writer.patient)

    @cached_property
    def _said(self) -> list[tuple[frozenset[str], str]]:
        return [(note.beside, said) for note, said in holding_notes(self._plan.notes, self._writer)]

    def _words(self, finding: Finding) -> list[str]:
        """What the user read: with another value or another day it is another warning."""
        texts = (finding.headline, finding.found, finding.why, finding.do)
        return [*(self._writer.markdown(each) for each in texts), *self._notes(finding)]

    def _notes(self, finding: Finding) -> list[str]:
        """Sentences that stand on a card for this finding's sake, and would vanish with it."""
        return [said for beside, said in self._said if finding.id in beside]

    def _hash(self, kind: str, decision: Decision, finding: Finding, *told: str) -> str:
        plan, rule = self._plan, decision.rule
        case = next(number for number, each in enumerate(rule.cases) if each is decision.case)
        whose = (plan.site, plan.client, self._call.fhir_server.rstrip("/"), self._call.context.patient_id)
        which = (plan.name, plan.profile.name, rule.name, rule.version, case, finding.id, finding.indicator)
        same = json.dumps([kind, whose, which, told]).encode()
        return hmac.digest(self._memory.settings.secret, same, "sha256").hex()


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
