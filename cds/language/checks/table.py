"""The table of lints, and their run over a subject."""

from __future__ import annotations

from collections.abc import Callable

from cds.language.checks import (
    check_digit,
    maybe_empty,
    pack_names,
    phase_unknown,
    review_due,
    summary_length,
    text_names_code,
    unit_table,
    unreachable_bound,
    unseen_value,
    unused_fact,
    unused_name,
)
from cds.language.checks.subject import Subject
from cds.language.report import Report

Lint = Callable[[Subject, Report], None]

LINTS: tuple[Lint, ...] = (
    pack_names.check,
    summary_length.check,
    maybe_empty.check,
    text_names_code.check,
    phase_unknown.check,
    unused_fact.check,
    unused_name.check,
    check_digit.check,
    unit_table.check,
    review_due.check,
    unreachable_bound.check,
    unseen_value.check,
)


def run_lints(subject: Subject, report: Report) -> None:
    """Run every lint; the subject must have compiled without errors."""
    for lint in LINTS:
        lint(subject, report)
