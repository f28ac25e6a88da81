"""Cards of an answer as values to be kept: ids, rules, versions and indicators; nothing of their text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cds.cards.merge import EXTENSION
from cds.wire.response import Card


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """One finding of a card. ``rule`` is empty where the card says what could not be checked."""

    id: str
    rule: str
    version: str
    indicator: str


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
class Occasion:
    """When and where cards were shown."""

    answered_at: str
    hook: str
    service: str
    client: str = ""


def shown_cards(cards: Iterable[Card], occasion: Occasion, names: Mapping[str, str]) -> tuple[ShownCard, ...]:
    """What is kept of cards.

    Args:
        cards: cards of one answer.
        occasion: when and where.
        names: the pack's name of each suggestion, by its label.
    """
    return tuple(_shown(card, occasion, names) for card in cards)


def _shown(card: Card, occasion: Occasion, names: Mapping[str, str]) -> ShownCard:
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
            ShownFinding(each["id"], each["rule"], each["version"], each["indicator"]) for each in told["findings"]
        ),
        suggestions=tuple(OfferedSuggestion(each.uuid, names.get(each.label, "")) for each in card.suggestions),
    )
