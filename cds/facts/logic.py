"""``all``, ``any`` and ``not``: Kleene's logic over other facts. ``first``: an ordered list of conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from cds.facts.case import Case
from cds.facts.window import PLAIN_NO, SHOWN
from cds.language.fact import TRUTH, Built, Fact, Kind
from cds.language.node import Fields, Text, fields, items
from cds.language.scope import Condition, Scope
from cds.values.known import NO, UNKNOWN, YES, Outcome, all_of, any_of, not_, unknown

States = Mapping[str, str]


def judge(condition: Condition, states: States) -> str:
    """Whether a condition holds: yes, no, or unknown where an unknown state is not itself asked for."""
    result = YES
    for fact, allowed in condition:
        state = states[fact.name]
        if state in allowed:
            continue
        if state != UNKNOWN:
            return NO
        result = UNKNOWN
    return result


def facts_of(conditions: Iterable[Condition]) -> tuple[Fact, ...]:
    """The facts that conditions ask, each once."""
    return tuple({fact.name: fact for condition in conditions for fact, _ in condition}.values())


def _outcome(case: Case, facts: tuple[Fact, ...], combine: Callable[[States], str]) -> Outcome:
    outcomes = [case.outcome(fact) for fact in facts]
    state = combine({fact.name: outcome.state for fact, outcome in zip(facts, outcomes, strict=True)})
    if state == UNKNOWN:
        return unknown(*[why for outcome in outcomes for why in outcome.why])
    evidence = tuple(dict.fromkeys([piece for outcome in outcomes for piece in outcome.evidence]))
    notes = tuple([note for outcome in outcomes for note in outcome.notes])
    if state == NO and not evidence and not notes:
        return PLAIN_NO
    return Outcome(state, evidence=evidence[:SHOWN], notes=notes)


def _built(domain: tuple[str, ...], conditions: tuple[Condition, ...], combine: Callable[[States], str]) -> Built:
    facts = facts_of(conditions)
    return Built(domain, lambda case: _outcome(case, facts, combine), facts, (), combine)


def _many(keyword: str, join: Callable[[Iterable[str]], str]) -> Callable[[Fields, Scope], Built | None]:
    def build(body: Fields, scope: Scope) -> Built | None:
        conditions = scope.conditions(body.get(keyword))
        if len(conditions) != len(items(body.get(keyword))):
            return None
        return _built(TRUTH, conditions, lambda states: join([judge(each, states) for each in conditions]))

    return build


def build_not(body: Fields, scope: Scope) -> Built | None:
    """Compile ``not``."""
    conditions = scope.conditions(body.get("not"))
    if len(conditions) != 1:
        return None
    return _built(TRUTH, conditions, lambda states: not_(judge(conditions[0], states)))


def build_several(body: Fields, scope: Scope) -> Built | None:
    """Compile ``several``."""
    conditions = scope.conditions(body.get("several"))
    wanted = scope.count(body.get("at_least"))
    if wanted is None or len(conditions) != len(items(body.get("several"))):
        return None
    least = wanted

    def combine(states: States) -> str:
        held = [judge(each, states) for each in conditions]
        if held.count(YES) >= least:
            return YES
        return UNKNOWN if held.count(YES) + held.count(UNKNOWN) >= least else NO

    return _built(TRUTH, conditions, combine)


def build_first(body: Fields, scope: Scope) -> Built | None:
    """Compile ``first``: the first condition that holds gives the name; ``otherwise`` stands last."""
    steps: list[tuple[Condition, str]] = []
    otherwise = ""
    for node in items(body.get("first")):
        step = fields(node)
        then = step.get("then")
        last = step.get("otherwise")
        if isinstance(last, Text):
            otherwise = last.value
            continue
        when = step.get("if")
        if otherwise or when is None or not isinstance(then, Text):
            scope.report.error(
                "first-step",
                node.at,
                "a step is if: … with then: name, and the last is otherwise: name",
                "What follows would never be reached.",
            )
            return None
        condition = scope.condition(when)
        if condition is None:
            return None
        steps.append((condition, then.value))
    if not otherwise:
        scope.report.error("first-step", body.at, "first: needs otherwise: name as its last step")
        return None
    domain = tuple(dict.fromkeys([*(name for _, name in steps), otherwise]))

    def combine(states: States) -> str:
        possible: set[str] = set()
        for condition, name in steps:
            held = judge(condition, states)
            if held == YES:
                possible.add(name)
                break
            if held == UNKNOWN:
                possible.add(name)
        else:
            possible.add(otherwise)
        return possible.pop() if len(possible) == 1 else UNKNOWN

    conditions = tuple(condition for condition, _ in steps)
    facts = facts_of(conditions)
    asking = [(condition, name, facts_of((condition,))) for condition, name in steps]

    def evaluate(case: Case) -> Outcome:
        states: dict[str, str] = {}
        why: list[Fact] = []
        possible: set[str] = set()
        decided = otherwise
        deciding: tuple[Fact, ...] = facts
        for condition, name, asked in asking:
            for fact in asked:
                if fact.name not in states:
                    states[fact.name] = case.state(fact)
            held = judge(condition, states)
            if held == UNKNOWN:
                possible.add(name)
                why.extend(fact for fact in asked if states[fact.name] == UNKNOWN)
            if held == YES:
                decided, deciding = name, asked
                break
        possible.add(decided)
        if len(possible) > 1:
            reasons = tuple(dict.fromkeys([reason for fact in why for reason in case.outcome(fact).why]))
            return Outcome(UNKNOWN, why=reasons, possible=tuple(sorted(possible)))
        evidence = tuple(dict.fromkeys([piece for fact in deciding for piece in case.outcome(fact).evidence]))
        return Outcome(decided, evidence=evidence[:SHOWN])

    return Built(domain, evaluate, facts, (), combine)


KINDS = (
    Kind("all", "Do all of the conditions hold?", _many("all", all_of)),
    Kind("any", "Does one of the conditions hold?", _many("any", any_of)),
    Kind("not", "Does the condition fail?", build_not),
    Kind("several", "Do so many of the conditions hold?", build_several, {"at_least": "how many"}, ("at_least",)),
    Kind("first", "The name that belongs to the first condition that holds.", build_first),
)
