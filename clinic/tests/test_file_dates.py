"""Days as people write them: one reading, or a question."""

from datetime import date

import pytest
import time_machine

from clinic.files.dates import Unclear, clinic_order, read_day


@time_machine.travel("2026-11-30T12:00:00Z")
@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("21.03.1985", "1985-03-21"),
        ("21.3.85", "1985-03-21"),
        ("3. 4. 1985", "1985-04-03"),
        ("1985-03-21", "1985-03-21"),
        ("1985/3/21", "1985-03-21"),
        ("1985-03-21 00:00:00", "1985-03-21"),
        ("21/03/1985", "1985-03-21"),
        ("03/21/1985", "1985-03-21"),
        ("21-3-85", "1985-03-21"),
        ("4/4/1985", "1985-04-04"),
        ("1.1.26", "2026-01-01"),
        ("1.1.27", "1927-01-01"),
    ],
)
def test_one_reading(text, day):
    assert read_day(text).isoformat() == day


@pytest.mark.parametrize("text", ["03/04/1985", "3-4-85"])
def test_day_and_month_are_asked_about_where_both_make_a_day(text):
    with pytest.raises(Unclear, match="3 April 1985 or 4 March 1985"):
        read_day(text)

    assert read_day(text, "dmy") == date(1985, 4, 3)
    assert read_day(text, "mdy") == date(1985, 3, 4)


@pytest.mark.parametrize("text", ["31.02.1985", "32.1.1985", "13/13/1985", "0.0.00"])
def test_no_such_day(text):
    with pytest.raises(ValueError, match="no such day"):
        read_day(text)


@pytest.mark.parametrize("text", ["", "31127", "last May", "1985", "1.2-1985", "\u0661.1.1985"])
def test_what_is_no_day(text):
    with pytest.raises(ValueError, match="Write the day"):
        read_day(text)


def test_the_order_that_is_offered_first_is_that_of_the_clinics_country(settings):
    assert clinic_order() == "dmy"
    settings.CLINIC_COUNTRY = "US"
    assert clinic_order() == "mdy"
