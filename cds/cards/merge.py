"""Findings of one topic become one card; there are at most six cards; what could not be checked shares one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from cds.cards.detail import Remarks, Told, detail, shorten, summary
from cds.cards.suggest import suggestions_for
from cds.cards.text import Writer
from cds.findings.decide import Decision, Decisions
from cds.language.plan import ALSO, SEVERITIES, UNAVAILABLE, Note, Plan
from cds.wire.call import HookContext
from cds.wire.response import Card, Coding, Link, SourceRef

MOST_CARDS = 6
MOST_OVERRIDES = 8
EXTENSION = "isotretinoin-cds.card"
NOT_CHECKED_ID = "FAIL-01"


@dataclass(frozen=True)
class Frame:
    """What stands around the cards of one answer: where pages are, and how new ids are made."""

    public_url: str
    new_id: Callable[[], str]


@dataclass(frozen=True)
class Draft:
    """A card before it is written: its topic, its findings with the gravest first, and what could not be checked."""

    topic: str
    told: tuple[Told, ...]
    open: tuple[str, ...] = ()

    @property
    def indicator(self) -> str:
        """The gravest indicator among its findings."""
        return self.told[0].indicator


def make_cards(
    plan: Plan, decisions: Decisions, context: HookContext, writer: Writer, frame: Frame
) -> tuple[Card, ...]:
    """The cards of one answer, gravest first, in the pack's order of topics within."""
    drafts = _drafts(plan, decisions, writer)
    # What could not be checked is told last, and is told too where the pack gives it no place among its topics.
    order = {topic.code: place for place, topic in enumerate(plan.topics)}
    drafts.sort(key=lambda each: (SEVERITIES.index(each.indicator), order.get(each.topic, len(order))))
    if len(drafts) > MOST_CARDS:
        rest = drafts[MOST_CARDS - 1 :]
        drafts = [*drafts[: MOST_CARDS - 1], _also(rest)]
    notes = holding_notes(plan.notes, writer)
    return tuple(
        _card(plan, draft, context, writer, frame, _notes_of(draft, notes, first=position == 0))
        for position, draft in enumerate(drafts)
    )


def _drafts(plan: Plan, decisions: Decisions, writer: Writer) -> list[Draft]:
    drafts: list[Draft] = []
    all_shown, not_checked = decisions.shown, decisions.not_checked
    for topic in plan.topics:
        shown = [each for each in all_shown if each.rule.topic == topic.code]
        if shown:
            told = sorted(
                (_told(each, plan, writer) for each in shown), key=lambda each: SEVERITIES.index(each.indicator)
            )
            still_open = tuple(_open_line(each, writer) for each in not_checked if each.rule.topic == topic.code)
            drafts.append(Draft(topic.code, tuple(told), still_open))
    if not_checked:
        drafts.append(_unavailable(not_checked, writer, plan))
    return drafts


def _told(decision: Decision, plan: Plan, writer: Writer) -> Told:
    finding = decision.finding
    if finding is None:
        raise ValueError(f"{decision.rule.name} is shown without a finding")
    return Told(
        id=finding.id,
        rule=decision.rule.name,
        version=decision.rule.version,
        indicator=finding.indicator,
        headline=writer.line(finding.headline),
        found=writer.markdown(finding.found),
        why=writer.markdown(finding.why),
        do=writer.markdown(finding.do),
        title=writer.markdown(finding.headline),
        confirm=plan.profile.to_confirm(finding),
        evidence=decision.rule.evidence,
        suggest=finding.suggest,
        override=finding.override,
    )


def _open_line(decision: Decision, writer: Writer) -> str:
    name = decision.case.not_checked if decision.case is not None else ""
    return f"{name} ({writer.reasons(decision.why)})"


def _unavailable(open_ones: Sequence[Decision], writer: Writer, plan: Plan) -> Draft:
    gravest = sorted(open_ones, key=lambda each: not each.rule.safety_critical)
    names = list(dict.fromkeys(each.case.not_checked for each in gravest if each.case is not None))
    more = writer.words["more"].replace("{n}", str(len(names) - 1)) if len(names) > 1 else ""
    lines: dict[str, list[str]] = {}
    for each in gravest:
        if each.case is not None:
            lines.setdefault(writer.reasons(each.why), []).append(each.case.not_checked)
    told = Told(
        id=NOT_CHECKED_ID,
        rule="",
        version=plan.version,
        indicator="info",
        headline=writer.words["not_checked_headline"].replace("{name}", names[0]) + more,
        found="\n".join(f"- {', '.join(dict.fromkeys(found))}: {why}" for why, found in lines.items()),
        why=writer.words["not_checked_why"],
        do=writer.words["not_checked_do"],
        keeps_found=True,
    )
    return Draft(UNAVAILABLE, (told,))


def _also(rest: Sequence[Draft]) -> Draft:
    told = tuple(each for draft in rest for each in draft.told)
    gravest = sorted(told, key=lambda each: SEVERITIES.index(each.indicator))
    return Draft(ALSO, tuple(shorten(each) for each in gravest))


def holding_notes(notes: Iterable[Note], writer: Writer) -> list[tuple[Note, str]]:
    """The notes whose condition holds, each with what it says."""
    holding = (note for note in notes if all(writer.patient.state(fact) in allowed for fact, allowed in note.when))
    return [(note, said) for note in holding if (said := writer.markdown(note.say))]


def _notes_of(draft: Draft, notes: Iterable[tuple[Note, str]], first: bool) -> Remarks:
    ids = {each.id for each in draft.told}
    here = [(note, said) for note, said in notes if (note.beside & ids if note.beside else first)]
    return Remarks(
        tuple(said for note, said in here if not note.at_end), tuple(said for note, said in here if note.at_end)
    )


def _card(plan: Plan, draft: Draft, context: HookContext, writer: Writer, frame: Frame, notes: Remarks) -> Card:
    lead = draft.told[0]
    code = draft.topic + ("Critical" if draft.indicator == "critical" else "")
    title = next((topic.title for topic in plan.topics if topic.code == draft.topic), writer.words["also_check"])
    evidence = next((source for each in draft.told for source in each.evidence), None)
    page = f"{frame.public_url}/rules/{plan.name}"
    topic = Coding(plan.topic_system, code, title)
    overrides = {reason.name: reason for each in draft.told for reason in each.override}
    return Card(
        uuid=frame.new_id(),
        summary=writer.words["also_check"] if draft.topic == ALSO else summary(draft.told, writer.words),
        indicator=draft.indicator,
        detail=detail(draft.told, draft.open, notes, writer.words),
        source=SourceRef(evidence.title, evidence.url, topic) if evidence else SourceRef(plan.title, page, topic),
        suggestions=suggestions_for(
            (plan_ for each in draft.told for plan_ in each.suggest), context, frame.new_id, plan.actions
        ),
        override_reasons=tuple(
            Coding(each.system, each.code, each.display) for each in list(overrides.values())[:MOST_OVERRIDES]
        ),
        links=(Link(writer.words["logic_link"], f"{page}/{draft.topic}#{lead.id}"), *_profile_link(plan)),
        extension={
            EXTENSION: {
                "pack": plan.name,
                "packVersion": plan.version,
                "contentHash": plan.content_hash,
                "profile": plan.profile.name,
                "topic": draft.topic,
                "findings": [
                    {"id": each.id, "rule": each.rule, "version": each.version, "indicator": each.indicator}
                    for each in draft.told
                ],
            }
        },
    )


def _profile_link(plan: Plan) -> tuple[Link, ...]:
    return tuple(Link(label, url) for label, url in plan.profile.links[:1])
