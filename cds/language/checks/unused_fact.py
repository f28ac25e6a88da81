"""``unused-fact``: a fact that no decision, no note and no text can ask for."""

from __future__ import annotations

from cds.language.checks.subject import Subject, reachable
from cds.language.fact import closure
from cds.language.report import Report


def check(subject: Subject, report: Report) -> None:
    """Report each fact, shared or of one rule, that nothing reachable needs."""
    plan = subject.compiled.plan
    reached = {fact.name for each in subject.everywhere for fact in reachable(each.plan)}
    defined = (*subject.compiled.scope.all_facts(), *(fact for rule in plan.rules for fact in rule.facts))
    unused = [fact for fact in defined if fact.name not in reached]
    # A fact that only unused facts need would be named again and again; the outermost ones are enough.
    inner = {needed.name for fact in unused for needed in closure(fact.needs)}
    for fact in unused:
        if fact.name not in inner:
            report.warning(
                "unused-fact",
                fact.at,
                f"nothing asks for {fact.name.rpartition('.')[2]}",
                "A reader would think that it matters.",
                "Remove it, or ask for it in a case.",
            )
