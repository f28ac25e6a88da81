"""``summary-length``: a headline that may grow past what clients show of a summary."""

from __future__ import annotations

from cds.language.checks.subject import Subject
from cds.language.report import Report
from cds.language.template import Slot, Template

LIMIT = 140
"""Code points of a summary (CDS Hooks, Card attributes)."""

_NUMBER = 10
_DAY = 10
_SENTENCE = 60


def check(subject: Subject, report: Report) -> None:
    """Report each headline whose longest estimate exceeds the limit."""
    for _, node, case, finding in subject.findings():
        length = longest(finding.headline)
        if length > LIMIT:
            written = node.get("headline")
            report.warning(
                "summary-length",
                written.at if written is not None else case.at,
                f"this headline may reach {length} characters",
                f"Clients cut a summary at {LIMIT}, perhaps in the middle of what matters.",
                "Say less here, and the rest in found.",
            )


def longest(template: Template) -> int:
    """The length of a text when each slot holds the longest that is to be expected there."""
    return sum(len(part) if isinstance(part, str) else _width(part) for part in template.parts)


def _width(slot: Slot) -> int:
    return max(_shown(slot), len(slot.fallback or ""))


def _shown(slot: Slot) -> int:
    if slot.filter == "date":
        return _DAY
    if slot.filter in ("why", "evidence") or not (slot.fact.carries_value or slot.filter == "value"):
        return _SENTENCE
    unit = slot.fact.built.unit
    # A value counted in annotations, such as a ratio or a score, is shown with what it was worked out from.
    value = _SENTENCE if unit.startswith("{") else _NUMBER + 1 + len(unit)
    return value if slot.filter == "value" else value + len(" ()") + _DAY
