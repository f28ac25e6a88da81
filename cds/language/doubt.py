"""Facts of a profile that could not be confirmed: what cards they bear on, and what those cards say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cds.language.node import Fields, Text, fields, items, text, texts
from cds.language.plan import SEVERITIES, Doubt, Finding, Rule
from cds.language.report import Report, did_you_mean

NOTHING = "nothing"
"""What a doubtful fact concerns that no card shows."""


def read_doubts(root: Fields) -> tuple[Doubt, ...]:
    """The doubtful facts of a profile, in the order of its file."""
    return tuple(_doubt(fields(node)) for node in items(root.get("doubtful")))


def _doubt(body: Fields) -> Doubt:
    concerns = frozenset(each.value for each in texts(body.get("concerns")))
    return Doubt(text(body.get("fact")), text(body.get("review")), concerns - {NOTHING}, text(body.get("confirm")))


def check_doubts(root: Fields, in_force: Iterable[Rule], report: Report) -> None:
    """Every doubtful fact concerns findings that the profile can show, and says what those cards are to say.

    A finding is named by its id, or by its id and an indicator where only that case of it is meant.
    """
    known: dict[str, set[str]] = {}
    for finding in (case.finding for rule in in_force for case in rule.cases if case.finding is not None):
        known.setdefault(finding.id, set()).update(_indicators(finding))
    for body in map(fields, items(root.get("doubtful"))):
        concerns = texts(body.get("concerns"))
        named = [each for each in concerns if each.value != NOTHING]
        for each in named:
            _check_name(each, known, report)
        if named and not text(body.get("confirm")):
            report.error(
                "missing-key",
                body.at,
                f"a doubtful fact that concerns {named[0].value} lacks confirm",
                "Its card would not say what is doubtful.",
                "Write in a few words what is to be confirmed, or concerns: nothing.",
            )
        if len(named) < len(concerns) and (named or "confirm" in body):
            report.error(
                "structure",
                body.at,
                "a doubtful fact concerns nothing, and still has findings or words for a card",
                remedy="Write concerns: nothing alone, or leave nothing out.",
            )


def _indicators(finding: Finding) -> tuple[str, ...]:
    return (finding.indicator, *finding.indicators)


def _check_name(name: Text, known: Mapping[str, set[str]], report: Report) -> None:
    id, _, indicator = name.value.partition(" ")
    if id not in known:
        report.error(
            "unknown-finding",
            name.at,
            f"no finding of this profile is called {id}",
            "No card would say that the fact is doubtful.",
            did_you_mean(id, known),
        )
    elif indicator and indicator not in known[id]:
        report.error(
            "unknown-finding",
            name.at,
            f"{id} is never {indicator}",
            "No card would say that the fact is doubtful.",
            did_you_mean(indicator, known[id] & set(SEVERITIES)),
        )
