"""Units and conversions; the table is recomputed with a UCUM library."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_content import fields_of
from ucumvert import PintUcumRegistry

from cds.content import find_content, read_content
from cds.language.report import Report
from cds.language.terminology import read_systems, read_units, read_value_set
from cds.values.quantity import Quantity, number, scale

FILES = read_content(find_content())
UNITS = read_units(fields_of(FILES["rules/units.yaml"].decode()), Report())
SYSTEMS = read_systems(fields_of(FILES["rules/systems.yaml"].decode()))
BY_CODE = {unit.code: unit for unit in UNITS.units.values()}
PAIRS = [(one, other) for one, other in combinations(BY_CODE.values(), 2) if one.measures == other.measures]
SCALES = {
    found.name: found.scale
    for path, body in FILES.items()
    if path.startswith("rules/valuesets/")
    and (found := read_value_set(fields_of(body.decode()), SYSTEMS, UNITS, Report())).scale is not None
}


@pytest.fixture(scope="module")
def ucum():
    """The UCUM library; an annotation alone counts as one (the library would give a token)."""
    registry = PintUcumRegistry()
    return lambda code: registry.from_ucum("1" if code.startswith("{") else code)


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_every_code_is_ucum(code, ucum):
    """Each row's code is one that the UCUM library reads."""
    assert ucum(code) is not None


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=lambda unit: unit.code)
def test_factors_agree_with_ucum(one, other, ucum):
    """The ratio of two units of one measure is what the UCUM library computes."""
    ours = one.factor / other.factor
    theirs = (1 * ucum(one.code)).to(ucum(other.code).units).magnitude / (ucum(other.code).magnitude or 1)
    assert ours == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("spelling", [each for each in UNITS.units if each not in BY_CODE])
def test_a_spelling_is_no_other_ucum_code_of_the_table(spelling):
    """A spelling finds its unit, and no code is also a spelling of another."""
    assert UNITS.find(spelling).code in BY_CODE


def test_no_arbitrary_unit_is_taken_for_an_enzyme_unit():
    """IU/L counts international units, never U/L."""
    assert UNITS.find("IU/L").measures != UNITS.find("U/L").measures


@pytest.mark.parametrize("name", sorted(SCALES))
@given(value=st.floats(0.01, 1e6))
def test_a_conversion_there_and_back_gives_the_value(name, value):
    """A value in any accepted unit, converted and divided by its factor, is the value."""
    found = SCALES[name]
    bare = type(found)(found.unit, found.factors, {}, found.codes)
    for spelling, factor in found.factors.items():
        converted = bare.convert(value, spelling)
        assert converted.unit == found.unit
        assert converted.value / factor == pytest.approx(value)
        assert converted.shown.endswith(spelling)


def test_molar_values_convert_by_their_analyte_alone():
    """5.7 mmol/L of triglycerides are 504.8 mg/dL; another analyte has another factor or none."""
    assert SCALES["triglycerides"].convert(5.7, "mmol/L").value == pytest.approx(504.849)
    assert SCALES["alt"].convert(5.7, "mmol/L") is None


def test_an_unknown_unit_is_never_converted():
    """A unit outside the table gives nothing, not a number."""
    assert SCALES["triglycerides"].convert(120, "mEq/L") is None


def test_a_value_beyond_belief_is_nothing():
    """The bounds of what is plausible are in the unit of arrival and include their ends."""
    found = SCALES["triglycerides"]
    low, high = found.plausible["mg/dL"]
    assert found.convert(low, "mg/dL") is not None
    assert found.convert(high, "mg/dL") is not None
    assert found.convert(high + 0.1, "mg/dL") is None
    assert found.convert(low - 0.1, "mg/dL") is None


def test_a_bridge_carries_every_unit_of_its_measure():
    """A factor for mmol/L serves µmol/L too."""
    found = scale(UNITS, "mg/dL", {"mmol/L": 88.57}, {})
    assert found.convert(1000, "umol/L").value == pytest.approx(88.57)


def test_a_scale_in_a_unit_that_is_not_there_is_a_mistake():
    """The caller must have checked the unit."""
    with pytest.raises(KeyError):
        scale(UNITS, "furlong", {}, {})


@pytest.mark.parametrize(
    ("value", "shown"),
    [(504.849, "504.85"), (5.7, "5.7"), (300.0, "300"), (-0.001, "0"), (0.0, "0"), (1234567, "1234567")],
)
def test_numbers_are_shown_as_clinicians_write_them(value, shown):
    """At most two decimals, no trailing zeros, no minus zero."""
    assert number(value) == shown


def test_a_quantity_shows_what_came():
    """The laboratory's own words go before ours."""
    assert str(Quantity(504.849, "mg/dL", shown="5.7 mmol/L")) == "5.7 mmol/L"
    assert str(Quantity(5, "mg/dL", "<")) == "<5 mg/dL"
