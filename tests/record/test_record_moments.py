from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.record.moments import as_text, read_moment, start_of, utc_now


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("2026-11-24T09:30:00Z", "2026-11-24T09:30:00.000000Z"),
        ("2026-11-24t09:30:00.5z", "2026-11-24T09:30:00.500000Z"),
        ("2026-11-24 09:30:00.123456789Z", "2026-11-24T09:30:00.123456Z"),
        ("2026-11-24T23:30:00-05:00", "2026-11-25T04:30:00.000000Z"),
        ("2026-11-24T00:30:00+05:30", "2026-11-23T19:00:00.000000Z"),
        ("2026-11-24T09:30:00-00:00", "2026-11-24T09:30:00.000000Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"),
    ],
)
def test_rfc_3339_is_read(given, stored):
    """F-6: a time with a fraction, an offset or a leap second becomes one moment in UTC."""
    assert read_moment(given) == stored


@pytest.mark.parametrize(
    "given",
    [
        None,
        1795512600,
        "",
        "2026-11-24",
        "2026-11-24T09:30:00",
        "2026-11-24T09:30Z",
        "20261124T093000Z",
        "2026-W48-2T09:30:00Z",
        "2026-13-01T09:30:00Z",
        "2026-02-30T09:30:00Z",
        "2026-11-24T24:00:00Z",
        "2026-11-24T09:30:61Z",
        "2026-11-24T09:30:00+24:00",
        "2026-11-24T09:30:00+00:60",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:60Z",
        "2026-11-24T09:30:00Z\n",
        "٢٠٢٦-11-24T09:30:00Z",
    ],
)
def test_what_is_no_such_time_is_refused(given):
    """F-6: text without an offset, or of no day or hour that there is, is none."""
    assert read_moment(given) == ""


@given(st.text(max_size=40))
def test_no_text_makes_it_fail(text):
    """F-6: any text is read or refused."""
    assert len(read_moment(text)) in (0, 27)


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_moments_sort_as_text(one, other):
    """Stored moments compare as the moments do, in any database."""
    assert (as_text(one) < as_text(other)) == (one < other)
    assert read_moment(as_text(one)) == as_text(one)


def test_a_day_begins_with_its_first_moment():
    """A day given on the command line is the first moment of it, in UTC."""
    assert start_of(date(2026, 11, 24)) == as_text(datetime(2026, 11, 24, tzinfo=UTC))
    assert read_moment(now := utc_now()) == now
