"""A report as text for a terminal, as JSON, and as CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict

from cds.record.report import FeedbackReport, FindingCount, ReasonCount

_COLUMNS = ("shown", "accepted", "overridden", "ignored")


def as_text(report: FeedbackReport) -> str:
    """Totals, a table of findings with the reasons beneath each, a table of suggestions."""
    since = f" since {report.since[:10]}" if report.since else ""
    lines = [
        f"Cards shown{since}: {report.cards}. Accepted {report.accepted}, overridden {report.overridden}, "
        f"ignored {report.ignored}.",
        f"Overrides with a comment (the text is not kept): {report.comments}.",
        f"Cards named by feedback that are not on record: {report.unmatched}.",
    ]
    if report.findings:
        lines += ["", *_findings(report.findings)]
    if report.suggestions:
        named = [
            (f"{each.pack}/{each.suggestion}", str(each.offered), str(each.accepted)) for each in report.suggestions
        ]
        lines += ["", *_table(("suggestion", "offered", "accepted"), named)]
    return "\n".join(lines) + "\n"


def as_json(report: FeedbackReport) -> str:
    """Everything, as one object."""
    return json.dumps(asdict(report), indent=2, ensure_ascii=False) + "\n"


def as_csv(report: FeedbackReport) -> str:
    """One line for each finding."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("pack", "rule", "version", "finding", "indicator", *_COLUMNS, "reasons"))
    for each in report.findings:
        writer.writerow((each.pack, each.rule, each.version, each.finding, each.indicator, *_counts(each), _why(each)))
    return out.getvalue()


FORMATS: Mapping[str, Callable[[FeedbackReport], str]] = {"text": as_text, "json": as_json, "csv": as_csv}


def _findings(findings: Sequence[FindingCount]) -> Iterable[str]:
    rows = [
        (each.finding, each.indicator, f"{each.pack}/{each.rule or '-'} {each.version}", *map(str, _counts(each)))
        for each in findings
    ]
    head, *lines = _table(("finding", "indicator", "rule", *_COLUMNS), rows)
    yield head
    for each, line in zip(findings, lines, strict=True):
        yield line
        if each.reasons:
            yield f"    overridden: {_why(each)}"


def _counts(each: FindingCount) -> tuple[int, int, int, int]:
    return each.shown, each.accepted, each.overridden, each.ignored


def _why(each: FindingCount) -> str:
    # The number first: a cell that begins with what a client sent might be taken for a formula.
    return ", ".join(f"{reason.cards} {_reason(reason)}" for reason in each.reasons)


def _reason(reason: ReasonCount) -> str:
    return reason.code or "without a reason"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns under their heads; those of numbers, which come last, flush right."""
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    numbers = head.index("shown") if "shown" in head else 1
    return [
        "  ".join(
            cell.rjust(width) if at >= numbers else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (head, *rows)
    ]
