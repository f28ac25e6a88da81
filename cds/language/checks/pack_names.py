"""Names in ``pack.yaml`` and ``data.yaml`` that stand for something elsewhere, and that nothing else resolves."""

from __future__ import annotations

from collections.abc import Iterable

from cds.language.checks.subject import Subject
from cds.language.node import Fields, Text, fields, items, texts
from cds.language.plan import SEVERITIES
from cds.language.report import Report, did_you_mean


def check(subject: Subject, report: Report) -> None:
    """Report hooks, findings, indicators and groups that are named and do not exist."""
    pack = subject.files.pack
    ids = {text.value for root in subject.files.rules for text in _findings(root)}
    hooks = tuple(each.value for each in texts(pack.get("hooks")))
    for section in ("shows", "services"):
        _known(
            [key for key, _ in fields(pack.get(section))], hooks, "hook", "A card would never be shown there.", report
        )
    for hook, node in fields(pack.get("shows")):
        for _, shown in fields(node):
            _shown(texts(shown), ids, f"On {hook.value} such cards would be lost.", report)
    withheld = fields(pack.get("withhold"))
    _known([key for key, _ in withheld], ids, "finding", "It would never be withheld.", report)
    for _, node in withheld:
        _known(texts(fields(node).get("beside")), SEVERITIES, "indicator", "It would never be withheld.", report)
    for node in items(pack.get("never_together")):
        _known(texts(node), ids, "finding", "Nothing would be kept apart.", report)
    for node in items(pack.get("notes")):
        _known(texts(fields(node).get("beside")), ids, "finding", "The note would never be shown there.", report)
    groups = fields(subject.files.data.get("groups"))
    for _, node in groups:
        others = texts(fields(node).get("alternative_to"))
        _known(others, groups.values, "group", "Missing data would be reported twice.", report)


def _shown(names: Iterable[Text], ids: set[str], meaning: str, report: Report) -> None:
    """What a hook shows in a phase: an indicator, or a finding with its indicator."""
    for name in names:
        finding, blank, indicator = name.value.rpartition(" ")
        _known([Text(name.at, indicator)], SEVERITIES, "indicator", meaning, report)
        if blank:
            _known([Text(name.at, finding)], ids, "finding", meaning, report)


def _known(names: Iterable[Text], known: Iterable[str], what: str, meaning: str, report: Report) -> None:
    allowed = tuple(known)
    for name in names:
        if name.value not in allowed:
            id = "indicator" if what == "indicator" else f"unknown-{what}"
            advice = did_you_mean(name.value, allowed)
            report.error(id, name.at, f"no {what} is called {name.value}", meaning, advice)


def _findings(root: Fields) -> Iterable[Text]:
    return (found for node in items(root.get("cases")) for found in texts(fields(node).get("finding")))
