"""``in_session``: is such a medicine among the other orders being written just now?"""

from __future__ import annotations

from cds.facts.case import Case
from cds.facts.identify import find_any, marked
from cds.language.fact import TRUTH, Built, Kind
from cds.language.node import Fields, fields
from cds.language.retrieves import read_marks
from cds.language.scope import Scope
from cds.values.known import Evidence, Outcome, truth


def build(body: Fields, scope: Scope) -> Built | None:
    """Compile the fact."""
    codes = scope.code_set(body.get("in_session"))
    if codes is None:
        return None
    words = scope.word("shown_in_session", "{drug}")
    unless = read_marks(fields(body.get("unless")), scope) if "unless" in body else None

    def evaluate(case: Case) -> Outcome:
        found = []
        for order in case.beside:
            line = find_any(codes, (*order.medication.codings, *order.medication.ingredients))
            if line is not None and not (unless is not None and marked(order.medication, unless)):
                found.append(Evidence(order.reference, None, words.replace("{drug}", line.display)))
        return truth(bool(found), tuple(found))

    return Built(TRUTH, evaluate)


KIND = Kind(
    "in_session",
    "Is a medicine of these value sets among the other orders of the session?",
    build,
    {"unless": "routes, forms and words that keep an order out"},
)
