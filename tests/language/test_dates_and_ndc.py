"""FHIR dates with their precision, and National Drug Codes in their spellings."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.values.dates import NO_DATE, Coarse, Day, read_date, years_between
from cds.values.ndc import labeler_products

NEW_YORK = ZoneInfo("America/New_York")
UTC = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("2026-11-24", Day(date(2026, 11, 24))),
        ("2026-02", Coarse(date(2026, 2, 1), date(2026, 2, 28))),
        ("2024-02", Coarse(date(2024, 2, 1), date(2024, 2, 29))),
        ("2026-12", Coarse(date(2026, 12, 1), date(2026, 12, 31))),
        ("2026", Coarse(date(2026, 1, 1), date(2026, 12, 31))),
        ("2026-11-24T03:00:00Z", Day(date(2026, 11, 23))),
        ("2026-11-24T23:30:00-05:00", Day(date(2026, 11, 24))),
        ("2026-11-24T23:30:00", Day(date(2026, 11, 24))),
        ("2026-11-24T23:30:00.123456Z", Day(date(2026, 11, 24))),
    ],
)
def test_dates_stand_for_days_of_the_site(words, found):
    """A time with an offset is brought into the zone before its day is taken; a month stays a month."""
    assert read_date(words, NEW_YORK) == found


@pytest.mark.parametrize(
    "words",
    [
        "",
        "2026-13",
        "2026-02-30",
        "24.11.2026",
        "2026-11-24 10:00",
        "20261124",
        "9999-12-31T23:59:59-12:00",
        "x",
        None,
        5,
        {},
    ],
)
def test_what_is_no_date_is_none(words):
    """Nothing is guessed, and nothing raises."""
    assert read_date(words, UTC) == NO_DATE


@given(st.text(max_size=30))
def test_no_text_raises(words):
    """Any text gives one of the three outcomes."""
    assert isinstance(read_date(words, UTC), Day | Coarse | type(NO_DATE))


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_every_day_is_read_back(day):
    """What a date writes is what is read."""
    assert read_date(day.isoformat(), NEW_YORK) == Day(day)


@pytest.mark.parametrize(
    ("born", "today", "years"),
    [
        (date(2008, 11, 24), date(2026, 11, 24), 18),
        (date(2008, 11, 25), date(2026, 11, 24), 17),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
    ],
)
def test_years_are_completed_years(born, today, years):
    """A birthday counts on its day; one on 29 February on 1 March in other years."""
    assert years_between(born, today) == years


@pytest.mark.parametrize(
    ("code", "forms"),
    [
        ("0245-0571-01", ("002450571",)),
        ("12345-678-90", ("123450678",)),
        ("12345-6789-0", ("123456789",)),
        ("0245-0571", ("002450571",)),
        ("00245057101", ("002450571",)),
        ("002450571", ("002450571",)),
        (" 0245-0571-01 ", ("002450571",)),
        ("0245057101", ("002450571", "024500571", "024505710")),
        ("123456-789-0", ()),
        ("12345", ()),
        ("0245-05x1-01", ()),
        ("", ()),
        ("--", ()),
        ("1-2-3-4", ()),
    ],
)
def test_drug_codes_are_brought_to_labeler_and_product(code, forms):
    """Hyphens settle the split; ten digits without them may be split three ways; anything else is nothing."""
    assert labeler_products(code) == forms
