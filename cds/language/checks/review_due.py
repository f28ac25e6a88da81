"""``review-due``: content that was last looked at too long ago."""

from __future__ import annotations

from datetime import date, timedelta

from cds.language.checks.subject import Subject
from cds.language.literals import read_day
from cds.language.node import Text, fields, items, text
from cds.language.report import Report

_YEAR = timedelta(days=365)


def check(subject: Subject, report: Report) -> None:
    """Report value sets reviewed more than a year ago, and doubtful facts of the profile whose review has passed."""
    for path, root in subject.roots.items():
        if path.startswith("rules/valuesets/"):
            _value_set(root.get("reviewed"), text(root.get("valueset")), subject.today, report)
    profile = subject.files.profiles[subject.compiled.plan.profile.name]
    for node in items(profile.get("doubtful")):
        review = fields(node).get("review")
        day = _day(review, report)
        if isinstance(review, Text) and day is not None and day < subject.today:
            fact = text(fields(node).get("fact"))
            report.warning(
                "review-due",
                review.at,
                f"the review of a doubtful fact was due on {day}: {fact}",
                "What was doubtful then may have been settled since, either way.",
                "Confirm it and take it out, or set the next day.",
            )


def _value_set(reviewed: object, name: str, today: date, report: Report) -> None:
    day = _day(reviewed, report)
    if isinstance(reviewed, Text) and day is not None and today - day > _YEAR:
        report.warning(
            "review-due",
            reviewed.at,
            f"{name} was reviewed on {day}, more than a year ago",
            "Codes are added and withdrawn each year; new ones would not be found.",
            "Compare it with its sources, and set the day.",
        )


def _day(node: object, report: Report) -> date | None:
    if not isinstance(node, Text):
        return None
    day = read_day(node.value)
    if day is None:
        report.error("no-day", node.at, f"{node.value} is no day", remedy="Write it as 2026-11-24.")
    return day
