"""Logic kinds: what the prover is told of them is what they do for a patient."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_content import fields_of

from cds.chart.chart import Chart
from cds.facts.case import Case
from cds.facts.kinds import KINDS
from cds.language.fact import Built, Kind
from cds.language.node import Text, texts
from cds.language.report import Report
from cds.language.scope import Names, Scope
from cds.values.known import UNKNOWN, Evidence, Outcome, Reason, Unknown, unknown
from cds.values.quantity import UnitTable

TODAY = date(2026, 11, 24)
LEAVES = {"a": ("yes", "no"), "b": ("yes", "no"), "c": ("yes", "no"), "n": ("low", "middle", "high")}
LOGIC = """\
all_names: {ask: '?', all: [a, b, c]}
any_names: {ask: '?', any: [a, b, c]}
all_states: {ask: '?', all: [{a: [no, unknown]}, {b: yes, n: [low, high]}]}
any_states: {ask: '?', any: [{a: [no, unknown]}, {b: yes, n: [low, high]}, {n: unknown}]}
not_name: {ask: '?', not: a}
not_states: {ask: '?', not: {n: [low, unknown], a: no}}
two_of: {ask: '?', several: [a, b, {n: [low, middle]}, c], at_least: 2}
all_of_them: {ask: '?', several: [a, b], at_least: 2}
first_names: {ask: '?', first: [{if: a, then: one}, {if: b, then: two}, {if: c, then: one}, {otherwise: rest}]}
first_states:
  ask: '?'
  first:
    - {if: {n: high, a: yes}, then: alarm}
    - {if: {n: unknown}, then: open}
    - {if: {b: [no, unknown]}, then: alarm}
    - {otherwise: alarm}
nested: {ask: '?', any: [{two_of: yes}, {first_names: [two, unknown]}, {not_name: no}]}
deep: {ask: '?', first: [{if: nested, then: x}, {if: {first_states: alarm}, then: y}, {otherwise: x}]}
"""


def _given(body, _scope):
    """A fact whose outcome the test sets; nothing would be read for it."""
    return Built(tuple(each.value for each in texts(body.get("given"))), lambda case: case.outcomes["?"])


def build():
    leaves = "".join(f"{name}: {{ask: '?', given: [{', '.join(domain)}]}}\n" for name, domain in LEAVES.items())
    kinds = {**KINDS, "given": Kind("given", "A fact set by a test.", _given)}
    definitions = fields_of(leaves + LOGIC)
    report = Report()
    scope = Scope(Names(report, kinds, UnitTable({}), {}, {}), definitions, {})
    facts = {fact.name: fact for fact in scope.all_facts()}
    assert report.found == ()
    return facts


FACTS = build()
NAMES = [name for name in FACTS if name not in LEAVES]


def outcome(state, name):
    if state == UNKNOWN:
        return unknown(Unknown(Reason.TRUNCATED, name))
    return Outcome(state, evidence=(Evidence(f"Observation/{name}", TODAY, state),))


states = st.fixed_dictionaries({name: st.sampled_from((*domain, UNKNOWN)) for name, domain in LEAVES.items()})


def patient(given_states):
    case = Case(Chart({}), TODAY, ZoneInfo("UTC"))
    case.outcomes.update({name: outcome(state, name) for name, state in given_states.items()})
    return case


def combined(fact, known):
    for need in fact.needs:
        if need.name not in known:
            combined(need, known)
    known[fact.name] = fact.built.combine(known)
    return known[fact.name]


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=120, deadline=None)
@given(given_states=states)
def test_the_prover_sees_what_the_patient_gets(name, given_states):
    """For any states of the facts below, the combination is the state that evaluation gives."""
    fact = FACTS[name]
    found = patient(given_states).outcome(fact)
    assert found.state == combined(fact, dict(given_states))
    assert found.state in (*fact.domain, UNKNOWN)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None)
@given(given_states=states)
def test_an_unknown_has_the_reasons_of_facts_that_are_unknown(name, given_states):
    """Reasons come from below, and from facts that are unknown themselves."""
    found = patient(given_states).outcome(FACTS[name])
    assert bool(found.why) is (found.state == UNKNOWN)
    assert {why.group for why in found.why} <= {each for each, state in given_states.items() if state == UNKNOWN}


@pytest.mark.parametrize("name", ["all_names", "any_names", "not_name", "two_of", "first_names"])
@settings(max_examples=100, deadline=None)
@given(given_states=states, data=st.data())
def test_learning_more_never_contradicts(name, given_states, data):
    """Where no condition asks for unknown itself, answers only turn an unknown into a state."""
    learned = {
        each: data.draw(st.sampled_from(LEAVES[each])) if state == UNKNOWN else state
        for each, state in given_states.items()
    }
    before, after = (patient(each).outcome(FACTS[name]).state for each in (given_states, learned))
    assert before in (UNKNOWN, after)


def test_a_fact_that_fails_to_compile_is_reported_once():
    """A step without then ends the fact, not the compiler."""
    report = Report()
    scope = Scope(
        Names(report, KINDS, UnitTable({}), {}, {}), fields_of("x: {ask: '?', first: [{if: y}, {otherwise: z}]}\n"), {}
    )
    assert scope.fact(Text(scope._definitions.at, "x")) is None
    assert [each.id for each in report.found] == ["first-step"]
