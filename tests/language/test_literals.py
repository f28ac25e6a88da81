"""The tiny literals, each by one pattern."""

from datetime import date

import pytest

from cds.language.literals import is_name, read_code, read_count, read_day, read_days, read_quantity


@pytest.mark.parametrize(("words", "days"), [("31 days", 31), ("1 day", 1), ("0 days", 0), ("99999 days", 99999)])
def test_days_are_read(words, days):
    """A number of days is a quantity in days that shows as it was written."""
    found = read_days(words)
    assert (found.value, found.unit, str(found)) == (days, "d", words)


@pytest.mark.parametrize(
    "words", ["31", "days", "-1 days", "1.5 days", "31  days", "31 days ", "100000 days", "a month"]
)
def test_what_is_no_number_of_days_is_not_guessed(words):
    """Nothing but a whole number and the word counts."""
    assert read_days(words) is None


@pytest.mark.parametrize(
    ("words", "value", "unit"),
    [("300 mg/dL", 300, "mg/dL"), ("-1.5 mmol/L", -1.5, "mmol/L"), ("2 {ratio}", 2, "{ratio}"), ("1 day", 1, "d")],
)
def test_quantities_are_read(words, value, unit):
    """A quantity keeps number, unit and how it was written."""
    found = read_quantity(words)
    assert (found.value, found.unit, str(found)) == (value, unit, words)


@pytest.mark.parametrize("words", ["300", "mg/dL", "300mg/dL", "1e3 mg/dL", "300 mg dL x", "> 300 mg/dL", ""])
def test_what_is_no_quantity_is_not_guessed(words):
    """A number without a unit is no quantity."""
    assert read_quantity(words) is None


@pytest.mark.parametrize(
    ("words", "count"), [("2", 2), ("0", 0), ("-1", None), ("2.0", None), ("two", None), ("2 ", None)]
)
def test_counts_are_whole_numbers(words, count):
    """A count has no unit, no sign and no fraction."""
    assert read_count(words) == count


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("LOINC 2571-8", ("LOINC", "2571-8")),
        ("ICD-10-CM O09", ("ICD-10-CM", "O09")),
        ("2571-8", None),
        ("LOINC  2571-8", None),
        ("LOINC 2571-8 x", None),
        ("http://loinc.org 2571-8", None),
    ],
)
def test_codes_name_their_system(words, code):
    """A code is a short system name, one blank, and the code."""
    assert read_code(words) == code


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("2026-11-24", date(2026, 11, 24)),
        ("2026-11-31", None),
        ("2026-11", None),
        ("24.11.2026", None),
        ("20261124", None),
    ],
)
def test_days_of_the_calendar_exist(words, day):
    """A day that does not exist is none."""
    assert read_day(words) == day


@pytest.mark.parametrize(
    ("word", "good"), [("on_file", True), ("a1", True), ("1a", False), ("On", False), ("a-b", False), ("", False)]
)
def test_names_are_plain(word, good):
    """Names are small letters, digits and underscores, and start with a letter."""
    assert is_name(word) is good
