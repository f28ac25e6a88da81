"""The explanation of an answer, where there is one to explain."""

from __future__ import annotations

from typing import Any

from cds.answer import Answer
from cds.findings.explain import as_text, explanation


def explained(result: Answer) -> dict[str, Any]:
    """Why an answer is as it is, ready for JSON; empty when no order asked for an evaluation."""
    if result.patient is None or result.decisions is None:
        return {}
    return explanation(result.plan, result.patient, result.decisions)


def explained_in_words(found: dict[str, Any]) -> str:
    """The explanation as text."""
    return as_text(found) if found else "No order of a drug that this service looks at: nothing was evaluated."
