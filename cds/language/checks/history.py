"""``history``: what a rule's file tells of its versions does not fit together."""

from __future__ import annotations

from itertools import pairwise

from cds.language.checks.subject import Subject
from cds.language.literals import read_day
from cds.language.node import Fields, Node, Text, fields, items, text
from cds.language.report import Report


def check(subject: Subject, report: Report) -> None:
    """Report a history that does not start with the rule's version, goes up instead of down, or names no real day."""
    for root in subject.files.rules:
        entries = tuple(fields(node) for node in items(root.get("history")))
        if entries:
            _newest(root, entries[0], report)
        for entry in entries:
            _date(entry.get("date"), report)
        for newer, older in pairwise(entries):
            _descends(newer, older, report)


def _newest(root: Fields, entry: Fields, report: Report) -> None:
    told = entry.get("version")
    if isinstance(told, Text) and told.value != text(root.get("version")):
        report.warning(
            "history",
            told.at,
            f"the newest entry is of version {told.value}, and the rule is at {text(root.get('version'))}",
            "A reviewer would not find what changed last.",
            "Put an entry for the rule's version on top, or set version: to that of the newest entry.",
        )


def _descends(newer: Fields, older: Fields, report: Report) -> None:
    told = older.get("version")
    if isinstance(told, Text) and _number(told.value) >= _number(text(newer.get("version"))):
        report.warning(
            "history",
            told.at,
            f"version {told.value} stands below {text(newer.get('version'))}",
            "Nobody could tell which came first.",
            "Put the newest version on top, and each version once.",
        )
    days = [read_day(text(each.get("date"))) for each in (newer, older)]
    day = older.get("date")
    if isinstance(day, Text) and days[0] is not None and days[1] is not None and days[1] > days[0]:
        report.warning(
            "history",
            day.at,
            f"version {text(older.get('version'))} is of {days[1]}, after {text(newer.get('version'))} of {days[0]}",
            "An older version cannot be of a later day.",
            "Correct one of the two days.",
        )


def _date(node: Node | None, report: Report) -> None:
    if isinstance(node, Text) and read_day(node.value) is None:
        report.warning("history", node.at, f"{node.value} is no day", remedy="Write it as 2026-11-24.")


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in version.split("."))
