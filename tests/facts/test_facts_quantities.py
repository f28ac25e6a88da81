"""Quantities against limits: at a limit, on either side of it, and with the comparators of laboratories."""

import pytest
from facts_samples import ago, case, concept, observation, quantity
from hypothesis import given
from hypothesis import strategies as st

from cds.facts.compare import above, at_least, below
from cds.facts.times_limit import upper_limit
from cds.values.quantity import Quantity

COMPARATORS = ("", "<", "<=", ">", ">=")
TRIGLYCERIDES, ALT = "2571-8", "1742-6"


@pytest.mark.parametrize(
    ("comparator", "value", "reaches", "exceeds"),
    [
        ("", 299.99, False, False),
        ("", 300, True, False),
        ("", 300.01, True, True),
        ("<", 299, False, False),
        ("<", 300, False, False),
        ("<", 301, None, None),
        ("<=", 299, False, False),
        ("<=", 300, None, False),
        ("<=", 301, None, None),
        (">", 299, None, None),
        (">", 300, True, True),
        (">", 301, True, True),
        (">=", 299, None, None),
        (">=", 300, True, None),
        (">=", 301, True, True),
    ],
)
def test_a_limit_of_300_is_reached_exceeded_or_left_open(comparator, value, reaches, exceeds):
    """A comparator decides only when every value that it allows lies on one side."""
    bounded = Quantity(value, "mg/dL", comparator)
    assert at_least(bounded, 300) is reaches
    assert above(bounded, 300) is exceeds
    assert below(bounded, 300) is (None if reaches is None else not reaches)


@given(st.sampled_from(COMPARATORS), st.integers(0, 20), st.integers(0, 20))
def test_a_definite_comparison_holds_for_every_value_that_the_comparator_allows(comparator, value, limit):
    """Never a yes or no that some allowed value contradicts, and never open when all of them agree."""
    allowed = [
        x / 2
        for x in range(0, 121)
        if {"": x / 2 == value, "<": x / 2 < value, "<=": x / 2 <= value, ">": x / 2 > value, ">=": x / 2 >= value}[
            comparator
        ]
    ]
    for compare, holds in ((at_least, lambda x: x >= limit), (above, lambda x: x > limit)):
        answers = {holds(x) for x in allowed}
        if answers and compare(Quantity(value, "", comparator), limit) is not None:
            assert answers == {compare(Quantity(value, "", comparator), limit)}
        if len(answers) == 1 and comparator in ("", ">", ">="):
            assert compare(Quantity(value, "", comparator), limit) is not None or comparator == ">"


def band(plan, facts, value, unit="mg/dL", comparator="", name="high-triglycerides.tier", code=TRIGLYCERIDES, **more):
    """The band of the latest result."""
    result = observation("1", code, ago(3), valueQuantity=quantity(value, unit, comparator), **more)
    return case(plan, labs=[result]).state(facts[name])


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (299.9, "mg/dL", "none"),
        (300, "mg/dL", "A"),
        (499.9, "mg/dL", "A"),
        (500, "mg/dL", "B"),
        (799.99, "mg/dL", "B"),
        (800, "mg/dL", "C"),
        (999, "mg/dL", "C"),
        (1000, "mg/dL", "D"),
        (5000, "mg/dL", "D"),
        (3.38, "mmol/L", "none"),
        (3.39, "mmol/L", "A"),
        (3.5, "mmol/L", "A"),
        (9.03, "mmol/L", "B"),
        (9.04, "mmol/L", "C"),
        (11.3, "mmol/L", "D"),
        (3.5, "g/L", "A"),
        (1100, "mg/l", "none"),
    ],
)
def test_triglycerides_belong_to_the_last_step_that_they_reach(plan, facts, value, unit, expected):
    """Steps at 300, 500, 800 and 1000 mg/dL, the limit belonging to the step; mmol/L by 88.57; never rounded before."""
    assert band(plan, facts, value, unit) == expected


@pytest.mark.parametrize(
    ("value", "unit"), [(9, "mg/dL"), (5001, "mg/dL"), (61, "mmol/L"), (110, "U/L"), (110, ""), (-5, "mg/dL")]
)
def test_an_absurd_value_or_an_unknown_unit_is_never_compared(plan, facts, value, unit):
    """Outside what is plausible, or in a unit that is none of triglycerides, there is no value, and a note of it."""
    result = observation("1", TRIGLYCERIDES, ago(3), valueQuantity=quantity(value, unit))
    patient = case(plan, labs=[result])
    assert patient.state(facts["high-triglycerides.tier"]) == "absent"
    assert patient.state(facts["unreadable-triglycerides.unreadable"]) == "yes"


@pytest.mark.parametrize(
    ("comparator", "value", "expected"),
    [("<", 300, "none"), ("<", 50, "none"), (">", 1000, "D"), (">=", 1000, "D"), ("<", 600, "unknown")],
)
def test_a_bounded_result_has_a_band_when_its_bound_settles_it(plan, facts, comparator, value, expected):
    """ "<300" is below the first step and ">1000" in the last; "<600" may be in several."""
    assert band(plan, facts, value, "mg/dL", comparator) == expected


def test_a_result_above_a_limit_is_at_least_in_the_band_that_it_reached(plan, facts):
    """ ">900" is 800 or more for certain: a critical finding, whether or not it is 1000 or more."""
    assert band(plan, facts, 900, "mg/dL", ">") == "C"


# ------------------------------------------------------------------ the result's own limit


def limit(high, kind=None, unit="U/L"):
    """A reference range."""
    named = {"type": concept("http://terminology.hl7.org/CodeSystem/referencerange-meaning", kind)} if kind else {}
    return {"high": quantity(high, unit), **named}


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ([limit(40)], 40),
        (limit(40), 40),
        ([limit(40, "normal")], 40),
        ([limit(40, unit="")], 40),
        ([limit(40, unit="IU/L")], 40),
        ([limit(0.67, unit="ukat/L")], pytest.approx(40.2)),
        ([limit(100, "treatment"), limit(40, "normal")], 40),
        ([limit(100, "treatment")], None),
        ([{"low": quantity(5, "U/L")}], None),
        ([limit(0)], None),
        ([limit(-1)], None),
        ([limit(40, unit="mg/dL")], None),
        ([{"text": "<40"}], None),
        ([], None),
        (None, None),
        ("40", None),
    ],
)
def test_the_upper_limit_is_that_of_the_normal_range(retrieves, ranges, expected):
    """A limit counts when it is positive, of the normal range, and in a known unit, else in the value's own."""
    result = {"valueQuantity": quantity(50, "U/L"), "referenceRange": ranges}
    found = upper_limit(result, retrieves["alt"].scale)
    assert (found.value if found else None) == expected


@pytest.mark.parametrize(
    ("value", "tier"),
    [(24, "none"), (80, "none"), (81, "A"), (119.9, "A"), (120, "B"), (130, "B"), (199.9, "B"), (200, "C"), (900, "C")],
)
def test_alt_steps_are_multiples_of_the_results_own_limit(plan, facts, value, tier):
    """Above 2 mentioned, from 3 on a warning, from 5 on critical; with an upper limit of 40."""
    assert band(plan, facts, value, "U/L", name="high-alt.tier", code=ALT, referenceRange=[limit(40)]) == tier


def test_alt_without_a_limit_is_unknown_and_said_to_have_none(plan, facts):
    """No limit, no multiple: the height is unknown, and another fact says why."""
    patient = case(plan, labs=[observation("1", ALT, ago(3), valueQuantity=quantity(130, "U/L"))])
    height = patient.outcome(facts["high-alt.alt_ratio"])
    assert (height.state, [str(why.reason) for why in height.why]) == ("unknown", ["setting_blank"])
    assert patient.state(facts["high-alt.alt_limit"]) == "no"


def test_units_of_value_and_limit_may_differ(plan, facts):
    """3 µkat/L against 40 U/L is 180 against 40."""
    tier = band(plan, facts, 3, "ukat/L", name="high-alt.tier", code=ALT, referenceRange=[limit(40)])
    assert tier == "B"


def test_of_one_day_the_greater_value_counts(plan, facts):
    """Two results of one day: the worse one is the latest."""
    results = [
        observation(str(value), TRIGLYCERIDES, ago(3), valueQuantity=quantity(value, "mg/dL")) for value in (810, 120)
    ]
    for several in (results, results[::-1]):
        assert case(plan, labs=several).state(facts["high-triglycerides.tier"]) == "C"


def test_ast_counts_only_where_there_is_no_alt(plan, facts):
    """ALT goes before AST."""
    ast = observation("1", "1920-8", ago(1), valueQuantity=quantity(400, "U/L"), referenceRange=[limit(40)])
    alt = observation("2", ALT, ago(3), valueQuantity=quantity(24, "U/L"), referenceRange=[limit(40)])
    assert case(plan, labs=[ast, alt]).state(facts["high-alt.tier"]) == "none"
    assert case(plan, labs=[ast]).state(facts["high-alt.tier"]) == "C"
