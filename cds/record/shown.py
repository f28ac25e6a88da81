"""What an answer decided, as values to be kept: ids, rules, versions, cases, indicators; nothing of its texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cds.cards.merge import EXTENSION
from cds.findings.decide import Decisions, Verdict
from cds.language.plan import Plan
from cds.wire.response import Card

_SHOWN, _SHADOW = Verdict.SHOWN, Verdict.SHADOW  # looked up once: each answer asks for every rule


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """One finding of a card.

    ``rule`` is empty, and ``case`` is 0, where the card says what several rules could not check. Else ``case`` is the
    number of the case in the rule file, from 1.
    """

    id: str
    rule: str
    version: str
    indicator: str
    case: int = 0


@dataclass(frozen=True, slots=True)
class OfferedSuggestion:
    """One suggestion of a card, by the name that the pack gives it."""

    uuid: str
    name: str


@dataclass(frozen=True, slots=True)
class ShownCard:
    """One card that was shown.

    Attributes:
        client: name of the client that asked; empty where callers are not known by name.
    """

    uuid: str
    answered_at: str
    hook: str
    service: str
    client: str
    pack: str
    pack_version: str
    content_hash: str
    profile: str
    topic: str
    indicator: str
    findings: tuple[ShownFinding, ...]
    suggestions: tuple[OfferedSuggestion, ...]

    @property
    def rows(self) -> int:
        """How many rows it takes."""
        return 1 + len(self.findings) + len(self.suggestions)


@dataclass(frozen=True, slots=True)
class ShadowFinding:
    """What a rule in shadow would have said. ``finding`` and ``indicator`` are empty where it could not be checked."""

    uuid: str
    answered_at: str
    hook: str
    service: str
    client: str
    pack: str
    pack_version: str
    content_hash: str
    profile: str
    rule: str
    rule_version: str
    rule_case: int
    finding: str
    indicator: str


@dataclass(frozen=True, slots=True)
class Occasion:
    """When and where cards were shown."""

    answered_at: str
    hook: str
    service: str
    client: str = ""


def shown_cards(
    cards: Sequence[Card], decisions: Decisions, occasion: Occasion, names: Mapping[str, str]
) -> tuple[ShownCard, ...]:
    """What is kept of cards.

    Args:
        cards: cards of one answer.
        decisions: what they are made of; every rule holds in one case at most.
        occasion: when and where.
        names: the pack's name of each suggestion, by its label.
    """
    if not cards:
        return ()
    said = [each for each in decisions.all if each.verdict is _SHOWN]
    cases = {each.rule.name: each.case.number for each in said if each.case is not None}
    return tuple(_shown(card, cases, occasion, names) for card in cards)


def shadow_findings(
    decisions: Decisions, plan: Plan, occasion: Occasion, new_id: Callable[[], str]
) -> tuple[ShadowFinding, ...]:
    """What rules in shadow would have said on this occasion, if nothing had replaced or withheld it."""
    return tuple(
        ShadowFinding(
            uuid=new_id(),
            answered_at=occasion.answered_at,
            hook=occasion.hook,
            service=occasion.service,
            client=occasion.client,
            pack=plan.name,
            pack_version=plan.version,
            content_hash=plan.content_hash,
            profile=plan.profile.name,
            rule=each.rule.name,
            rule_version=each.rule.version,
            rule_case=each.case.number if each.case is not None else 0,
            finding=each.finding.id if each.finding is not None else "",
            indicator=each.finding.indicator if each.finding is not None else "",
        )
        for each in decisions.all
        if each.verdict is _SHADOW
    )


def _shown(card: Card, cases: Mapping[str, int], occasion: Occasion, names: Mapping[str, str]) -> ShownCard:
    told = card.extension[EXTENSION]
    return ShownCard(
        uuid=card.uuid,
        answered_at=occasion.answered_at,
        hook=occasion.hook,
        service=occasion.service,
        client=occasion.client,
        pack=told["pack"],
        pack_version=told["packVersion"],
        content_hash=told["contentHash"],
        profile=told["profile"],
        topic=told["topic"],
        indicator=card.indicator,
        findings=tuple(
            ShownFinding(each["id"], each["rule"], each["version"], each["indicator"], cases.get(each["rule"], 0))
            for each in told["findings"]
        ),
        suggestions=tuple(OfferedSuggestion(each.uuid, names.get(each.label, "")) for each in card.suggestions),
    )
