"""Cards as values, and as CDS Hooks JSON (CDS Hooks 2.0, *CDS Service Response*; checklist section 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cds.wire.schema import Check, schema_check


@dataclass(frozen=True, slots=True)
class Coding:
    """A code with the words that are shown for it."""

    system: str
    code: str
    display: str = ""


@dataclass(frozen=True, slots=True)
class SourceRef:
    """Whose guidance a card gives (C-12 to C-15). EHRs remember overrides by the topic's code."""

    label: str
    url: str = ""
    topic: Coding | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a card (C-60). ``smart`` launches an app, ``absolute`` opens a page."""

    label: str
    url: str
    type: str = "absolute"


@dataclass(frozen=True, slots=True)
class Action:
    """One change that a suggestion makes (C-40 to C-45).

    Attributes:
        type: ``create``, ``update`` or ``delete``.
        description: what it does, written for the reader: some EHRs show nothing else.
        resource: the whole resource, of ``create`` and ``update``.
        resource_id: ``Type/id``, of ``delete``.
    """

    type: str
    description: str
    resource: Mapping[str, Any] | None = field(default=None, repr=False)
    resource_id: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something to do with one click (C-30, C-31)."""

    uuid: str
    label: str
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """One card (C-10 to C-24).

    Attributes:
        uuid: fresh for every card of every response; feedback names it.
        summary: one sentence of at most 139 code points.
        indicator: ``info``, ``warning`` or ``critical``.
        detail: GitHub Flavored Markdown without HTML; may be empty.
        extension: members under the reserved name, by globally unique key (X-1).
    """

    uuid: str
    summary: str
    indicator: str
    detail: str
    source: SourceRef
    suggestions: tuple[Suggestion, ...] = ()
    override_reasons: tuple[Coding, ...] = ()
    links: tuple[Link, ...] = ()
    extension: Mapping[str, Any] = field(default_factory=dict)


def render(cards: Iterable[Card]) -> dict[str, Any]:
    """The body of an answer. Nothing to say is an empty list of cards (C-2); absent members are left out (C-4)."""
    return {"cards": [_card(card) for card in cards]}


def response_validator(schema: Mapping[str, Any]) -> Check:
    """Compile ``hooks/schemas/response.schema.json`` into a check of rendered answers.

    The check returns one line for each problem, without the values concerned; nothing for a valid answer.

    Raises:
        ValueError: when the schema is not a valid one.
    """
    return schema_check(schema)


def _card(card: Card) -> dict[str, Any]:
    return _present(
        uuid=card.uuid,
        summary=card.summary,
        indicator=card.indicator,
        detail=card.detail,
        source=_source(card.source),
        suggestions=[_suggestion(each) for each in card.suggestions],
        selectionBehavior="any" if card.suggestions else "",
        overrideReasons=[_coding(each) for each in card.override_reasons],
        links=[{"label": each.label, "url": each.url, "type": each.type} for each in card.links],
        extension=dict(card.extension),
    )


def _source(source: SourceRef) -> dict[str, Any]:
    topic = _coding(source.topic) if source.topic is not None else None
    return _present(label=source.label, url=source.url, topic=topic)


def _coding(coding: Coding) -> dict[str, Any]:
    return _present(system=coding.system, code=coding.code, display=coding.display)


def _suggestion(suggestion: Suggestion) -> dict[str, Any]:
    actions = [_action(each) for each in suggestion.actions]
    return _present(label=suggestion.label, uuid=suggestion.uuid, actions=actions)


def _action(action: Action) -> dict[str, Any]:
    return _present(
        type=action.type,
        description=action.description,
        resource=action.resource,
        resourceId=action.resource_id,
    )


def _present(**members: object) -> dict[str, Any]:
    """The members that hold something: CDS Hooks knows neither null nor empty values (*Use of JSON*)."""
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}
