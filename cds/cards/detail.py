"""The words of one card: what was found, why it matters, what to consider, on what evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from cds.language.plan import Evidence, OverrideReason, SuggestionPlan

MOST_SUMMARY = 139  # "<140-character" (CDS Hooks 2.0, Card Attributes)
ABOUT = 1200


@dataclass(frozen=True)
class Told:
    """A finding in words. ``headline`` is plain text, and ``title`` the same as Markdown, like all that follows.

    ``confirm``: what the finding rests on and nobody could confirm, which is said as long as its headline is.
    ``keeps_found`` is set where what was found is a list that no other place gives: it is never left out.
    """

    id: str
    rule: str
    version: str
    indicator: str
    headline: str
    found: str
    why: str
    do: str
    title: str = ""
    confirm: tuple[str, ...] = ()
    keeps_found: bool = False
    evidence: tuple[Evidence, ...] = ()
    suggest: tuple[SuggestionPlan, ...] = ()
    override: tuple[OverrideReason, ...] = ()


@dataclass(frozen=True)
class Remarks:
    """Sentences on a card that belong to no finding: before the findings, and after them."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def shorten(told: Told) -> Told:
    """A finding reduced to its headline, for the card that only lists what else to check."""
    return replace(told, found=told.found if told.keeps_found else "", why="", do="", suggest=())


def summary(told: Sequence[Told], words: Mapping[str, str]) -> str:
    """The lead's headline, with how many more there are where that fits; never longer than CDS Hooks allows."""
    lead = told[0].headline
    if len(lead) > MOST_SUMMARY:
        return lead[: MOST_SUMMARY - 1].rstrip() + "…"
    more = words["more"].replace("{n}", str(len(told) - 1)) if len(told) > 1 else ""
    return lead + more if len(lead + more) <= MOST_SUMMARY else lead


def detail(told: Sequence[Told], still_open: Iterable[str], remarks: Remarks, words: Mapping[str, str]) -> str:
    """The card's Markdown. When it grows too long, whys of the others go first, then their dos, then info's founds.

    Headlines are never left out, and so is not what is to be confirmed: it qualifies the headline, in a few words.
    """
    open_lines = [words["not_checked_line"].replace("{name}", each) for each in still_open]
    shortened = list(told)
    text = _compose(shortened, remarks, open_lines, words)
    for drop in (_without_why, _without_do, _without_info_found):
        if len(text) <= ABOUT:
            break
        shortened = [shortened[0], *(drop(each) for each in shortened[1:])]
        text = _compose(shortened, remarks, open_lines, words)
    return text


def _without_why(told: Told) -> Told:
    return replace(told, why="")


def _without_do(told: Told) -> Told:
    return replace(told, do="")


def _without_info_found(told: Told) -> Told:
    return replace(told, found="") if told.indicator == "info" and not told.keeps_found else told


def _compose(told: Sequence[Told], remarks: Remarks, still_open: Sequence[str], words: Mapping[str, str]) -> str:
    blocks = [*remarks.before]
    blocks.extend(f"**{each.title or each.headline}**" + (f"\n{each.found}" if each.found else "") for each in told)
    blocks.extend(still_open)
    why = list(dict.fromkeys(each.why for each in told if each.why))
    if why:
        blocks.append(f"**{words['why']}** {' '.join(why)}")
    consider = list(dict.fromkeys(each.do.rstrip(" .") for each in told if each.do))
    if consider:
        blocks.append(f"**{words['consider']}** {'; '.join(consider)}.")
    confirm = list(dict.fromkeys(what for each in told for what in each.confirm))
    if confirm:
        blocks.append(f"**{words['to_confirm']}** {'; '.join(confirm)}.")
    blocks.extend(remarks.after)
    sources = list(dict.fromkeys(source for each in told for source in each.evidence))
    if sources:
        blocks.append(f"_{' · '.join(f'{each.title} {each.section}'.strip() for each in sources)}_")
    return "\n\n".join(blocks)
