"""Kleene's three-valued logic, by its laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.values.known import NO, UNKNOWN, YES, Reason, Unknown, all_of, any_of, not_, unknown

STATES = st.sampled_from([YES, NO, UNKNOWN])
LISTS = st.lists(STATES, max_size=6)


@given(LISTS)
def test_de_morgan(states):
    """Not all is any not, and not any is all not."""
    assert not_(all_of(states)) == any_of(not_(each) for each in states)
    assert not_(any_of(states)) == all_of(not_(each) for each in states)


@given(STATES)
def test_double_negation(state):
    """Not not a state is the state."""
    assert not_(not_(state)) == state


@given(LISTS, st.randoms())
def test_order_does_not_matter(states, random):
    """Conjunction and disjunction do not depend on order or repetition."""
    mixed = [*states, *states]
    random.shuffle(mixed)
    assert (all_of(mixed), any_of(mixed)) == (all_of(states), any_of(states))


@given(LISTS, LISTS)
def test_grouping_does_not_matter(left, right):
    """Parts may be joined first."""
    assert all_of([all_of(left), all_of(right)]) == all_of([*left, *right])
    assert any_of([any_of(left), any_of(right)]) == any_of([*left, *right])


@given(STATES, STATES, STATES)
def test_distribution(a, b, c):
    """Each distributes over the other."""
    assert all_of([a, any_of([b, c])]) == any_of([all_of([a, b]), all_of([a, c])])
    assert any_of([a, all_of([b, c])]) == all_of([any_of([a, b]), any_of([a, c])])


@given(LISTS, st.data())
def test_learning_more_never_contradicts(states, data):
    """Replacing unknowns by answers never changes an answer that was definite."""
    learned = [data.draw(st.sampled_from([YES, NO])) if each == UNKNOWN else each for each in states]
    for join in (all_of, any_of):
        assert join(states) in (UNKNOWN, join(learned))


def test_of_nothing():
    """All of nothing holds, and any of nothing does not."""
    assert (all_of([]), any_of([])) == (YES, NO)


def test_an_unknown_needs_a_reason():
    """There is no unknown without why, and no reason twice."""
    with pytest.raises(ValueError, match="reason"):
        unknown()
    why = Unknown(Reason.TRUNCATED, "labs")
    assert unknown(why, why).why == (why,)
