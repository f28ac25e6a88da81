"""The frozen plan: everything that a request needs, compiled once for a profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cds.language.fact import Fact
from cds.language.group import DataGroup
from cds.language.parameters import Parameter
from cds.language.retrieve import Drug, Retrieve
from cds.language.scope import Condition
from cds.language.template import Slot, Template
from cds.values.diagnostic import Position

SEVERITIES = ("critical", "warning", "info")
OFF, SHADOW, SHOW = MODES = ("off", "shadow", "show")
"""How far a rule goes, from the least: not evaluated, evaluated and never shown, shown."""
ALSO, UNAVAILABLE = OWN_TOPICS = ("alsoCheck", "unavailable")
"""Topics that every pack has, whatever its rules: of the card that sums up the rest, and of what was not checked."""
ACTIONS = frozenset({"create", "delete"})
"""What a suggestion may do."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A source: what a card names, and where it is to be read."""

    name: str
    title: str
    section: str
    grade: str
    url: str


@dataclass(frozen=True, slots=True)
class OverrideReason:
    """A reason for overriding, as a Coding."""

    name: str
    system: str
    code: str
    display: str


@dataclass(frozen=True)
class SuggestionPlan:
    """A named suggestion with its resource template; references to patient and order are filled in per request."""

    name: str
    label: str
    description: str
    action: str
    resource: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Finding:
    """What a case says when it holds.

    Attributes:
        id: the clinical specification's id, unique in the pack.
        indicator: ``critical``, ``warning`` or ``info``, in force for the profile.
        indicators: every indicator that a profile or a site may set for it; the proof holds for each.
        replaces: ids of findings that this one makes pointless.
        beside: ids of findings; this one is shown only where one of them is (empty: always).
        once_per_course: where a site remembers it, it is not shown again in the same course while it is an info.
    """

    id: str
    indicator: str
    headline: Template
    found: Template
    why: Template
    do: Template
    suggest: tuple[SuggestionPlan, ...] = ()
    override: tuple[OverrideReason, ...] = ()
    replaces: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    once_per_course: bool = False

    def is_in(self, visible: frozenset[str]) -> bool:
        """Whether it may be shown where these are: indicators, or findings with their indicator."""
        return self.indicator in visible or f"{self.id} {self.indicator}" in visible

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The slots of all its texts."""
        return tuple(slot for text in (self.headline, self.found, self.why, self.do) for slot in text.slots)


@dataclass(frozen=True)
class Case:
    """One case of a rule: when it holds, and exactly one of a finding, a silence with its reason, or not checked.

    ``number`` counts the cases of the rule file from 1; with rule and version it names the case on record.
    """

    at: Position
    when: tuple[Condition, ...]
    finding: Finding | None = None
    silent: str = ""
    not_checked: str = ""
    number: int = 0


@dataclass(frozen=True)
class Rule:
    """A rule, compiled: the phases in which it applies, its facts, and its cases, exactly one of which holds.

    Attributes:
        mode: ``off``, ``shadow`` or ``show``, by its status and the site; mode_why says who decided, and why.
        lost_because: why a client may lose it without a word though it is safety-critical; empty when it may not.
    """

    name: str
    title: str
    version: str
    status: str
    at: Position
    topic: str
    phases: frozenset[str]
    safety_critical: bool
    evidence: tuple[Evidence, ...]
    facts: tuple[Fact, ...]
    cases: tuple[Case, ...]
    parameters: Mapping[str, Parameter]
    mode: str = SHOW
    mode_why: str = ""
    lost_because: str = ""

    def may_show(self, visible: frozenset[str]) -> bool:
        """Whether any of its findings can be shown where these indicators and findings are."""
        return any(case.finding is not None and case.finding.is_in(visible) for case in self.cases)


@dataclass(frozen=True)
class Note:
    """A sentence on a card while a condition holds (an empty one always does).

    ``beside`` names the findings on whose card it stands; empty means the first card of the answer. It goes before the
    findings, or ``at_end``.
    """

    when: Condition
    beside: frozenset[str]
    say: Template
    at_end: bool = False


@dataclass(frozen=True)
class Topic:
    """A subject that makes one card."""

    code: str
    title: str


@dataclass(frozen=True)
class Doubt:
    """A fact of a profile that could not be confirmed.

    Attributes:
        fact: what is doubtful, for those who review the profile.
        review: the day by which it is to be looked at again.
        concerns: findings that rest on it, by ``ID`` or ``ID indicator``; empty when no card does.
        confirm: what cards with those findings ask to confirm.
    """

    fact: str
    review: str
    concerns: frozenset[str] = frozenset()
    confirm: str = ""


@dataclass(frozen=True)
class Profile:
    """A jurisdiction's values, wording and sources, without logic."""

    name: str
    title: str
    status: str
    effective_from: date | None
    effective_to: date | None
    words: Mapping[str, str]
    links: tuple[tuple[str, str], ...]
    doubtful: tuple[Doubt, ...]

    def to_confirm(self, finding: Finding) -> tuple[str, ...]:
        """What is to be confirmed about a finding, since the profile is not sure of what it rests on."""
        named = {finding.id, f"{finding.id} {finding.indicator}"}
        return tuple(each.confirm for each in self.doubtful if each.concerns & named)


@dataclass(frozen=True)
class Plan:
    """A pack under one profile.

    Attributes:
        shows: hook → phase (``unknown`` included) → what may be shown: an indicator, or ``ID indicator``.
        withhold: finding id → indicators beside which it is withheld, whatever their topic.
        words: sentences for cards that no single rule owns, by name.
        coded: the retrieves that look for codes, by data group.
        needs: hook → names of the data groups that its rules can reach.
        phase_needs: names of the data groups that tell the phase of treatment.
        content_hash: of all content files, hexadecimal.
        site, client: names of the site and of the client whose settings are in it; empty for none.
        never: data groups that the client never supplies, with the reason that the site gives.
        actions: what suggestions may do.
    """

    name: str
    title: str
    version: str
    profile: Profile
    drug: Drug
    ignored_statuses: frozenset[str]
    tentative_intents: frozenset[str]
    tentative_hooks: frozenset[str]
    topics: tuple[Topic, ...]
    hooks: tuple[str, ...]
    phase: Fact
    shows: Mapping[str, Mapping[str, frozenset[str]]]
    withhold: Mapping[str, frozenset[str]]
    notes: tuple[Note, ...]
    rules: tuple[Rule, ...]
    groups: Mapping[str, DataGroup]
    coded: Mapping[str, tuple[Retrieve, ...]]
    words: Mapping[str, str]
    topic_system: str
    service_titles: Mapping[str, tuple[str, str]]
    needs: Mapping[str, tuple[str, ...]]
    phase_needs: tuple[str, ...]
    attributes: Mapping[str, str]
    content_hash: str
    site: str = ""
    client: str = ""
    never: Mapping[str, str] = field(default_factory=dict)
    actions: frozenset[str] = ACTIONS
