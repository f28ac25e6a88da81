"""Checks that concern the rules of a pack together: their order on cards, and their findings' ids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cds.language.node import Fields, Text, fields
from cds.language.plan import ALSO, OWN_TOPICS, UNAVAILABLE, Rule
from cds.language.report import Report, did_you_mean

_WITHOUT = {
    ALSO: "When there are more cards than an answer may have, the card that sums up the rest would have no title.",
    UNAVAILABLE: "What could not be checked would have no card of its own, and silence would look like an all-clear.",
}


def in_order(rules: Iterable[Rule], listed: Sequence[Text], known: set[str], report: Report) -> tuple[Rule, ...]:
    """The rules as ``pack.yaml`` lists them; a rule that is not listed, or not there, is reported."""
    order = {name.value: position for position, name in enumerate(listed)}
    for name in listed:
        if name.value not in known:
            advice = did_you_mean(name.value, known)
            report.error("unknown-rule", name.at, f"no rule is called {name.value}", remedy=advice)
    ordered = tuple(rules)
    for rule in ordered:
        if rule.name not in order:
            report.error(
                "unlisted-rule",
                rule.at,
                f"{rule.name} is not among the rules of pack.yaml",
                "Its place on a card would be left to chance.",
                "Add it there, where its findings shall stand.",
            )
    return tuple(sorted(ordered, key=lambda rule: order.get(rule.name, len(order))))


def check_topics(pack: Fields, report: Report) -> None:
    """Report a topic of the cards that no rule owns, where a pack does not have it."""
    topics = fields(pack.get("topics"))
    at = pack.keys["topics"].at if "topics" in pack else pack.at
    for name in OWN_TOPICS:
        if name not in topics:
            report.error(
                "missing-topic",
                at,
                f"there is no topic {name}",
                _WITHOUT[name],
                f"Add {name} with its title, at its place among the cards.",
            )


def check_ids(in_force: Sequence[Rule], rules: Sequence[Rule], report: Report) -> None:
    """Every finding id belongs to one rule in force, and every id that a finding names exists in the pack."""
    known = {case.finding.id for rule in rules for case in rule.cases if case.finding is not None}
    owners: dict[str, str] = {}
    for rule in in_force:
        for case in rule.cases:
            if case.finding is None:
                continue
            owner = owners.setdefault(case.finding.id, rule.name)
            if owner != rule.name:
                report.error(
                    "id-twice",
                    case.at,
                    f"{case.finding.id} belongs to {owner} already",
                    remedy="Use an id of its own.",
                )
    for rule in rules:
        for case in rule.cases:
            for other in (*case.finding.replaces, *case.finding.beside) if case.finding else ():
                if other not in known:
                    advice = did_you_mean(other, known)
                    report.error("unknown-finding", case.at, f"no finding is called {other}", remedy=advice)
