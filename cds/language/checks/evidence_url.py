"""``no-evidence-url``: a source that nobody can open."""

from __future__ import annotations

from cds.language.checks.subject import Subject
from cds.language.node import Text, fields
from cds.language.report import Report


def check(subject: Subject, report: Report) -> None:
    """Report each source of the pack without a web address."""
    for key, node in fields(subject.files.pack.get("evidence")):
        url = fields(node).get("url")
        if isinstance(url, Text) and url.value.startswith(("https://", "http://")):
            continue
        report.warning(
            "no-evidence-url",
            url.at if url is not None else key.at,
            f"evidence {key.value} has no web address",
            "A prescriber could not read what the card rests on.",
            "Write url: https://…, to the passage if there is one.",
        )
