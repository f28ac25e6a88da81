"""``unit-table``: rows of ``units.yaml`` that contradict each other."""

from __future__ import annotations

from cds.language.checks.subject import Subject
from cds.language.node import Fields, fields, plain, text
from cds.language.report import Report

PATH = "rules/units.yaml"


def check(subject: Subject, report: Report) -> None:
    """The first unit of what is measured has the factor 1, since all others count in it."""
    root = subject.roots.get(PATH, Fields(subject.files.pack.at))
    seen: set[str] = set()
    for key, node in fields(root.get("units")):
        body = fields(node)
        measures = text(body.get("measures"))
        if measures not in seen and plain(body.values["factor"]) != 1:
            report.error(
                "unit-table",
                key.at,
                f"{key.value} is the first unit of {measures}, and its factor is not 1",
                "Factors count in the first unit of what is measured; all of them would be doubted.",
                "Put the unit with factor 1 first.",
            )
        seen.add(measures)
