"""The table of lints, and their run over a subject."""

from __future__ import annotations

from collections.abc import Callable

from cds.language.checks import (
    check_digit,
    history,
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
    history.check,
    unreachable_bound.check,
    unseen_value.check,
)


SAME_FOR_EVERY_PROFILE: frozenset[Lint] = frozenset({pack_names.check, check_digit.check, unit_table.check})
"""Lints that look at files only, never at what is compiled of them."""


def run_lints(subject: Subject, report: Report, *, again: bool = False) -> None:
    """Run every lint; the subject must have compiled without errors.

    Args:
        subject: what they look at.
        report: takes what they find.
        again: the pack was looked at under another profile, so that some lints have nothing to add.
    """
    for lint in LINTS:
        if not (again and lint in SAME_FOR_EVERY_PROFILE):
            lint(subject, report)
