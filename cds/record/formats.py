"""A report as text for a terminal, as JSON, and as CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict

from cds.record.report import FeedbackReport, FindingCount, ReasonCount, reasons_of

BY = ("client", "week")
_COUNTS = ("shown", "accepted", "overridden", "ignored")


def as_text(report: FeedbackReport, by: Sequence[str] = ()) -> str:
    """Totals, cards by week and client, and tables of findings with their reasons, suggestions, and rules in shadow.

    ``by`` tells the findings apart by client, by week, or by both; without it they are summed over all of them.
    """
    since = f" since {report.since[:10]}" if report.since else ""
    lines = [
        f"Cards shown{since}: {report.cards}. Accepted {report.accepted}, overridden {report.overridden}, "
        f"ignored {report.ignored}.",
        f"Overrides with a comment (the text is not kept): {report.comments}.",
        f"Cards named by feedback that are not on record: {report.unmatched}.",
    ]
    if report.weeks:
        cells = [(each.week, each.client or "-", *_counts(each)) for each in report.weeks]
        lines += ["", *_table(("week", "client", *_COUNTS), cells)]
    if report.findings:
        lines += ["", *_findings(report.findings, by)]
    if report.suggestions:
        named = [
            (f"{each.pack}/{each.suggestion}", str(each.offered), str(each.accepted)) for each in report.suggestions
        ]
        lines += ["", *_table(("suggestion", "offered", "accepted"), named)]
    if report.shadow:
        lines += ["", *_shadow(report, by)]
    return "\n".join(lines) + "\n"


def as_json(report: FeedbackReport, _: Sequence[str] = ()) -> str:
    """Everything, as one object; findings and rules in shadow always by client and week."""
    return json.dumps(asdict(report), indent=2, ensure_ascii=False) + "\n"


def as_csv(report: FeedbackReport, _: Sequence[str] = ()) -> str:
    """One line for each finding, client and week; for a rule in shadow, how often it would have said so."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    of = ("pack", "rule", "version", "finding", "indicator", *BY)
    writer.writerow((*of, *_COUNTS, "reasons", "shadow"))
    for each in report.findings:
        writer.writerow((*_values(each, of), *_counts(each), _why(each.reasons), ""))
    for dark in report.shadow:
        writer.writerow((*_values(dark, of), *[""] * len(_COUNTS), "", dark.times))
    return out.getvalue()


FORMATS: Mapping[str, Callable[[FeedbackReport, Sequence[str]], str]] = {
    "text": as_text,
    "json": as_json,
    "csv": as_csv,
}


def _findings(findings: Sequence[FindingCount], by: Sequence[str]) -> Iterable[str]:
    of = ("finding", "indicator", "pack", "rule", "version", *by)
    summed: dict[tuple[str, ...], list[FindingCount]] = {}
    for each in findings:
        summed.setdefault(_values(each, of), []).append(each)
    rows = [(*_named(key), *_sums(together)) for key, together in summed.items()]
    head, *lines = _table(("finding", "indicator", "rule", *by, *_COUNTS), rows)
    yield head
    for together, line in zip(summed.values(), lines, strict=True):
        yield line
        why: Counter[tuple[str, str]] = Counter()
        for one in together:
            why.update({(reason.code, reason.system): reason.cards for reason in one.reasons})
        if why:
            yield f"    overridden: {_why(reasons_of(why))}"


def _shadow(report: FeedbackReport, by: Sequence[str]) -> Iterable[str]:
    of = ("finding", "indicator", "pack", "rule", "version", *by)
    summed: Counter[tuple[str, ...]] = Counter()
    for each in report.shadow:
        summed[_values(each, of)] += each.times
    rows = [(*_named((key[0] or "could not be checked", *key[1:])), str(times)) for key, times in summed.items()]
    return _table(("in shadow", "indicator", "rule", *by, "times"), rows)


def _named(key: Sequence[str]) -> tuple[str, ...]:
    """The cells of a line: what its finding is, of which rule, and what else tells it apart."""
    finding, indicator, pack, rule, version, *rest = key
    return finding, indicator, f"{pack}/{rule or '-'} {version}", *(each or "-" for each in rest)


def _values(each: object, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(getattr(each, name) for name in names)


def _counts(each: object) -> tuple[str, ...]:
    return tuple(str(getattr(each, name)) for name in _COUNTS)


def _sums(found: Sequence[FindingCount]) -> tuple[str, ...]:
    return tuple(str(sum(getattr(each, name) for each in found)) for name in _COUNTS)


def _why(reasons: Iterable[ReasonCount]) -> str:
    # The number first: a cell that begins with what a client sent might be taken for a formula.
    return ", ".join(f"{reason.cards} {_reason(reason)}" for reason in reasons)


def _reason(reason: ReasonCount) -> str:
    return reason.code or "without a reason"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns under their heads; those of numbers, which come last, flush right."""
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    numbers = next(at for at, name in enumerate(head) if name in ("shown", "offered", "times"))
    return [
        "  ".join(
            cell.rjust(width) if at >= numbers else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (head, *rows)
    ]
