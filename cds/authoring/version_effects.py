"""What two versions say of the same patient: which findings come, go, or change. No value of a patient is kept."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from cds.answer import Answer
from cds.authoring.version_step import Change, Step
from cds.findings.decide import Decision, Verdict

GAINS, LOSES, INDICATOR, TEXT = "gains", "loses", "indicator", "text"


@dataclass(frozen=True)
class Effect:
    """One patient for whom a rule says something else.

    Attributes:
        file: name of the patient's file.
        what: ``gains``, ``loses``, ``indicator`` or ``text``.
        finding: its id, or what could not be checked.
        says: what differs: the indicator before and after, or the names of the texts.
        decided: whether the rule itself decided otherwise; else another finding or the hook withholds it, or the
            profile has the rule in force in one of the versions only.
    """

    file: str
    profile: str
    rule: str
    what: str
    finding: str
    says: str = ""
    decided: bool = True


@dataclass(frozen=True)
class _Said:
    finding: str
    indicator: str
    texts: Mapping[str, str]


def effects(file: str, profile: str, old: Answer, new: Answer) -> Iterator[Effect]:
    """In what the answers of two versions differ, rule by rule."""
    before, after = _by_rule(old), _by_rule(new)
    for rule in dict.fromkeys((*before, *after)):
        was, now = _said(before.get(rule), old), _said(after.get(rule), new)
        if was is None and now is None:
            continue
        if was is not None and (now is None or now.finding != was.finding):
            yield Effect(file, profile, rule, LOSES, was.finding, was.indicator, _decided(rule, before, after))
        if now is not None and (was is None or now.finding != was.finding):
            yield Effect(file, profile, rule, GAINS, now.finding, now.indicator, _decided(rule, before, after))
        if was is None or now is None or was.finding != now.finding:
            continue
        if was.indicator != now.indicator:
            yield Effect(file, profile, rule, INDICATOR, now.finding, f"{was.indicator} to {now.indicator}")
        elif was.texts != now.texts:
            names = ", ".join(name for name, words in was.texts.items() if now.texts[name] != words)
            yield Effect(file, profile, rule, TEXT, now.finding, names)


def behaviour(found: tuple[Effect, ...], set_anew: Container[str] = ()) -> tuple[Change, ...]:
    """What effects ask of the version of the rule that decided otherwise.

    Args:
        found: the effects of one rule.
        set_anew: the profiles under which only values of the rule changed; what it says less there is meant.
    """
    words = {GAINS: "gain", LOSES: "lose", INDICATOR: "have another indicator of", TEXT: "read another text of"}
    files: dict[tuple[str, str, Step], set[str]] = {}
    for each in found:
        if each.decided:
            step = _step(each.what, meant=each.profile in set_anew)
            files.setdefault((each.what, each.finding, step), set()).add(each.file)
    ordered = sorted(files.items(), key=lambda each: list(words).index(each[0][0]))
    return tuple(
        Change(step, f"{len(patients)} of the patients {words[what]} {finding}")
        for (what, finding, step), patients in ordered
    )


def _step(what: str, *, meant: bool) -> Step:
    if what in (LOSES, INDICATOR):
        return Step.MINOR if meant else Step.MAJOR
    return Step.PATCH if what == TEXT else Step.MINOR


def _by_rule(found: Answer) -> dict[str, Decision]:
    return {each.rule.name: each for each in found.decisions.all} if found.decisions is not None else {}


def _said(decision: Decision | None, found: Answer) -> _Said | None:
    """What a rule puts on a card; None when it puts nothing there."""
    if decision is None or decision.case is None or found.writer is None:
        return None
    if decision.verdict is Verdict.NOT_CHECKED:
        return _Said(f"not checked: {decision.rule.name}", "info", {"name": decision.case.not_checked})
    finding = decision.finding
    if decision.verdict is not Verdict.SHOWN or finding is None:
        return None
    templates = {"headline": finding.headline, "found": finding.found, "why": finding.why, "do": finding.do}
    return _Said(finding.id, finding.indicator, {name: found.writer.line(each) for name, each in templates.items()})


def _decided(rule: str, before: Mapping[str, Decision], after: Mapping[str, Decision]) -> bool:
    """Whether the rule came to another end in both versions; where nothing was evaluated, it counts as if it had."""
    in_force_in_one = bool(before) and bool(after) and (rule in before) is not (rule in after)
    return not in_force_in_one and _ending(before.get(rule)) != _ending(after.get(rule))


def _ending(decision: Decision | None) -> tuple[str, str]:
    """How the case ends that holds, whatever is shown of it."""
    if decision is None or decision.case is None:
        return "", ""
    if decision.case.finding is not None:
        return decision.case.finding.id, decision.case.finding.indicator
    return ("silent" if decision.case.silent else "not checked"), ""
