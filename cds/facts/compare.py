"""``at_least``, ``above`` and ``below``: a value fact against a limit in its own unit. ``band``: against several."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cds.facts.case import Case
from cds.facts.look_back import check_limit
from cds.language.fact import TRUTH, Built, Fact, Kind
from cds.language.node import Fields, Node, Text, fields, text, texts
from cds.language.scope import Scope
from cds.values.known import ABSENT, UNKNOWN, Outcome, Reason, Unknown, truth, unknown
from cds.values.quantity import Quantity

NONE = "none"


def at_least(quantity: Quantity, limit: float) -> bool | None:
    """Whether a quantity reaches a limit; None when its comparator or range leaves it open ("<500" against 300)."""
    if quantity.highest is not None:
        return True if quantity.value >= limit else (None if quantity.highest >= limit else False)
    match quantity.comparator:
        case "":
            return quantity.value >= limit
        case ">" | ">=":
            return True if quantity.value >= limit else None
        case "<":
            return False if quantity.value <= limit else None
        case _:
            return False if quantity.value < limit else None


def above(quantity: Quantity, limit: float) -> bool | None:
    """Whether a quantity exceeds a limit; None when its comparator or range leaves it open."""
    if quantity.highest is not None:
        return True if quantity.value > limit else (None if quantity.highest > limit else False)
    match quantity.comparator:
        case "":
            return quantity.value > limit
        case ">":
            return True if quantity.value >= limit else None
        case ">=":
            return True if quantity.value > limit else None
        case _:
            return False if quantity.value <= limit else None


def below(quantity: Quantity, limit: float) -> bool | None:
    """Whether a quantity stays under a limit; None when its comparator leaves it open."""
    reached = at_least(quantity, limit)
    return None if reached is None else not reached


Comparison = Callable[[Quantity, float], bool | None]


def _open(outcome: Outcome) -> Outcome:
    where = outcome.evidence[0].where if outcome.evidence else ""
    return unknown(Unknown(Reason.UNUSABLE_VALUE, where=where), evidence=outcome.evidence)


def _value_fact(body: Fields, scope: Scope) -> Fact | None:
    node = body.get("of")
    fact = scope.fact(node) if isinstance(node, Text) else None
    if fact is not None and not fact.built.unit:
        scope.report.error("no-quantity", body.at, f"{fact.name} carries no quantity that could be compared")
        return None
    return fact


def _builder(keyword: str, compare: Comparison) -> Callable[[Fields, Scope], Built | None]:
    def build(body: Fields, scope: Scope) -> Built | None:
        fact = _value_fact(body, scope)
        if fact is None:
            return None
        limit = scope.quantity(body.get(keyword), fact.built.unit)
        if limit is None:
            return None
        check_limit(fact, limit, body.get(keyword), keyword == "above", scope.report)

        def evaluate(case: Case) -> Outcome:
            outcome = case.outcome(fact)
            if outcome.state == UNKNOWN:
                return unknown(*outcome.why)
            if not isinstance(outcome.value, Quantity):
                return truth(False, notes=outcome.notes)
            result = compare(outcome.value, limit)
            return _open(outcome) if result is None else truth(result, outcome.evidence)

        return Built(TRUTH, evaluate, (fact,))

    return build


def build_band(body: Fields, scope: Scope) -> Built | None:
    """Compile ``band``: named limits in rising order; a value belongs to the last one that it reaches."""
    fact = _value_fact(body, scope)
    limits_node = fields(body.get("band"))
    if fact is None or not limits_node.values:
        return None
    beyond = _beyond(body.get("beyond"), scope)
    limits: dict[str, float] = {}
    for name, node in limits_node:
        limit = scope.quantity(node, fact.built.unit)
        if limit is None:
            return None
        if limits and limit <= max(limits.values()):
            _report_order(name, limits_node, scope)
        check_limit(fact, limit, node, name.value in beyond, scope.report)
        limits[name.value] = limit
    domain = (ABSENT, NONE, *limits)

    def evaluate(case: Case) -> Outcome:
        outcome = case.outcome(fact)
        if outcome.state == UNKNOWN:
            return unknown(*outcome.why)
        if not isinstance(outcome.value, Quantity):
            return Outcome(ABSENT, notes=outcome.notes)
        reached = _band(outcome.value, limits, beyond)
        return _open(outcome) if reached is None else Outcome(reached, on=outcome.on, evidence=outcome.evidence)

    return Built(domain, evaluate, (fact,))


def _report_order(name: Text, limits: Fields, scope: Scope) -> None:
    """Report a limit that does not rise; where parameters set it, those that may have to be set together are named."""
    settable = [text(node) for _, node in limits if scope.parameter(text(node)) is not None]
    advice = f"Where a profile or a site sets one of {', '.join(settable)}, the others may have to go with it."
    scope.report.error(
        "band-order",
        name.at,
        f"{name.value} does not lie above the band before it",
        remedy=advice if len(settable) > 1 else "",
    )


def _beyond(node: Node | None, scope: Scope) -> set[str]:
    """The bands that begin beyond their limit: listed, or each with a parameter that says yes or no."""
    if isinstance(node, Fields):
        return {name.value for name, chosen in node if scope.option(chosen) == "yes"}
    return {each.value for each in texts(node)}


def _band(quantity: Quantity, limits: Mapping[str, float], beyond: set[str]) -> str | None:
    """The last band that is surely reached; None when a value bounded from above leaves the band open.

    A value bounded from below (">800") counts by its bound: it surely reaches that band, whatever lies above.
    """
    reached = NONE
    for name, limit in limits.items():
        passed = above(quantity, limit) if name in beyond else at_least(quantity, limit)
        if passed is None:
            return reached if quantity.comparator.startswith(">") else None
        if passed:
            reached = name
    return reached


_OF = {"of": "the value fact that is compared"}
KINDS = (
    Kind("at_least", "Does the value reach the limit?", _builder("at_least", at_least), _OF, ("of",)),
    Kind("above", "Does the value exceed the limit?", _builder("above", above), _OF, ("of",)),
    Kind("below", "Does the value stay under the limit?", _builder("below", below), _OF, ("of",)),
    Kind(
        "band",
        "Which of the named bands does the value reach? absent: there is no value; none: below the first band.",
        build_band,
        {
            **_OF,
            "beyond": "bands that begin beyond their limit, not at it; or each with a parameter that says yes or no",
        },
        ("of",),
    ),
)
