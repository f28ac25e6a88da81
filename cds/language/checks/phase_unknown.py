"""``phase-unknown``: a safety-critical rule for the first phase that says nothing when the phase is not known."""

from __future__ import annotations

from cds.language.checks.subject import Subject
from cds.language.node import fields, text
from cds.language.report import Report
from cds.values.known import UNKNOWN


def check(subject: Subject, report: Report) -> None:
    """Report each safety-critical rule that applies to the first phase of the domain and not to ``unknown``."""
    plan = subject.compiled.plan
    first = plan.phase.domain[0]
    written = {text(root.get("rule")): root for root in subject.files.rules}
    for rule in plan.rules:
        if not rule.safety_critical or first not in rule.phases or UNKNOWN in rule.phases:
            continue
        node = fields(written[rule.name].get("applies")).get("phase")
        report.warning(
            "phase-unknown",
            node.at if node is not None else rule.at,
            f"{rule.name} applies when the phase is {first}, and not when it is unknown",
            "A patient whose history could not be read would lose this check without a word.",
            "Add unknown to the phases.",
        )
