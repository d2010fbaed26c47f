"""Fiscal years, quarters and open days agree with the contract's vectors."""

import re
from datetime import date, datetime, timedelta

import jpholiday
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dx_data import calendar
from dx_data.bundled import holidays
from dx_data.calendar import Quarter


def test_today_is_the_date_of_tokyo() -> None:
    before, today, after = calendar.now(), calendar.today(), calendar.now()
    assert before.utcoffset() == timedelta(hours=9)
    assert before.date() <= today <= after.date()


def test_today_changes_at_midnight_in_tokyo(monkeypatch: pytest.MonkeyPatch) -> None:
    late = datetime(2026, 4, 1, 0, 30, tzinfo=calendar.TOKYO)
    monkeypatch.setattr(calendar, "now", lambda: late)
    assert calendar.today() == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("d", "year", "quarter"),
    [
        (date(2025, 3, 31), 2024, "2024Q4"),
        (date(2025, 4, 1), 2025, "2025Q1"),
        (date(2025, 6, 30), 2025, "2025Q1"),
        (date(2025, 7, 1), 2025, "2025Q2"),
        (date(2025, 9, 30), 2025, "2025Q2"),
        (date(2025, 10, 1), 2025, "2025Q3"),
        (date(2025, 12, 31), 2025, "2025Q3"),
        (date(2026, 1, 1), 2025, "2025Q4"),
        (date(2026, 3, 31), 2025, "2025Q4"),
    ],
)
def test_a_day_belongs_to_its_fiscal_year_and_quarter(d: date, year: int, quarter: str) -> None:
    assert (calendar.fiscal_year(d), str(Quarter.of(d))) == (year, quarter)
    assert (calendar.fiscal_year_start(d), calendar.fiscal_year_end(d)) == (
        date(year, 4, 1),
        date(year + 1, 3, 31),
    )


@pytest.mark.parametrize(
    ("year", "title"),
    [
        (2025, "令和7年度"),
        (2019, "令和元年度"),
        (2018, "平成30年度"),
        (1989, "平成元年度"),
        (1988, "昭和63年度"),
    ],
)
def test_fiscal_years_have_their_official_titles(year: int, title: str) -> None:
    assert calendar.fiscal_year_title(year) == title


@pytest.mark.parametrize(
    ("number", "start", "end"),
    [
        (1, date(2026, 4, 1), date(2026, 6, 30)),
        (2, date(2026, 7, 1), date(2026, 9, 30)),
        (3, date(2026, 10, 1), date(2026, 12, 31)),
        (4, date(2027, 1, 1), date(2027, 3, 31)),
    ],
)
def test_a_quarter_knows_its_days_and_title(number: int, start: date, end: date) -> None:
    quarter = Quarter(2026, number)
    assert (quarter.start, quarter.end, quarter.title) == (start, end, f"令和8年度第{number}四半期")


@pytest.mark.parametrize("written", ["2026Q1", "R8Q1", "r08q1", "２０２６\uff31１", " 2026q1 "])
def test_quarters_are_read(written: str) -> None:
    assert Quarter.parse(written) == Quarter(2026, 1)


@pytest.mark.parametrize("written", ["2026Q0", "2026Q5", "26Q1", "R0Q1", "2026", "Q1", "H31Q1", "", "2026-Q1"])
def test_other_spellings_of_a_quarter_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"四半期「{written}」を読めません。2026Q1 か R8Q1")):
        Quarter.parse(written)


@pytest.mark.parametrize(("year", "number"), [(2026, 0), (2026, 5), (1867, 1), (2101, 1)])
def test_a_quarter_that_cannot_exist_is_refused(year: int, number: int) -> None:
    with pytest.raises(ValueError, match="扱えません"):
        Quarter(year, number)


@given(st.dates(date(1869, 4, 1), date(2100, 12, 31)))
def test_every_day_lies_in_its_quarter_and_quarters_touch(d: date) -> None:
    quarter = Quarter.of(d)
    assert quarter.start <= d <= quarter.end
    assert Quarter.parse(str(quarter)) == quarter
    assert Quarter.of(quarter.start) == Quarter.of(quarter.end) == quarter
    before = Quarter.of(quarter.start - timedelta(days=1))
    assert before < quarter
    assert before.end + timedelta(days=1) == quarter.start


@pytest.mark.parametrize(
    ("d", "name", "forecast"),
    [
        (date(1954, 1, 1), None, False),
        (date(1955, 1, 1), "元日", False),
        (date(1955, 5, 4), None, False),
        (date(2026, 9, 22), "休日", False),
        (date(2026, 9, 23), "秋分の日", False),
        (date(2027, 11, 23), "勤労感謝の日", False),
        (date(2027, 11, 24), None, False),
        (date(2027, 12, 31), None, False),
        (date(2028, 1, 1), "元日", True),
        (date(2028, 3, 20), "春分の日", True),
        (date(2028, 3, 21), None, True),
    ],
)
def test_holidays_come_from_the_list_and_after_it_as_a_forecast(d: date, name: str | None, forecast: bool) -> None:
    assert (calendar.holiday_name(d), calendar.holiday_is_forecast(d)) == (name, forecast)


def test_the_computed_holidays_agree_with_the_list_under_the_present_law() -> None:
    computed = {d for year in range(1986, 2028) for d, _ in jpholiday.year_holidays(year)}
    assert computed == {d for d in holidays() if d.year >= 1986}


def test_a_time_of_day_never_hides_a_holiday() -> None:
    with pytest.raises(TypeError):
        calendar.holiday_name(datetime(2026, 1, 1, tzinfo=calendar.TOKYO))


@pytest.mark.parametrize(
    ("d", "is_open"),
    [
        (date(2025, 12, 26), True),
        (date(2025, 12, 27), False),  # Saturday
        (date(2026, 12, 28), True),
        (date(2026, 12, 29), False),
        (date(2026, 12, 31), False),
        (date(2025, 1, 2), False),
        (date(2025, 1, 3), False),
        (date(2027, 1, 4), True),
        (date(2026, 9, 22), False),
        (date(2028, 3, 20), False),
    ],
)
def test_the_ward_is_closed_on_weekends_holidays_and_over_new_year(d: date, is_open: bool) -> None:
    assert calendar.is_open_day(d) is is_open


@pytest.mark.parametrize(("year", "count"), [(2025, 242), (2026, 241), (2027, 243)])
def test_a_fiscal_year_has_its_open_days(year: int, count: int) -> None:
    assert calendar.open_days(date(year, 4, 1), date(year + 1, 3, 31)) == count


@pytest.mark.parametrize(
    ("start", "due"),
    [
        (date(2025, 4, 25), date(2025, 5, 7)),
        (date(2025, 12, 26), date(2026, 1, 9)),
        (date(2026, 1, 9), date(2026, 1, 19)),
        (date(2026, 9, 16), date(2026, 9, 28)),
        (date(2027, 12, 28), date(2028, 1, 11)),
    ],
)
def test_five_open_days_do_not_count_the_first_day(start: date, due: date) -> None:
    assert calendar.add_open_days(start, 5) == due


@pytest.mark.parametrize("n", [0, -1])
def test_a_term_has_at_least_one_day(n: int) -> None:
    with pytest.raises(ValueError, match="1以上の日数にしてください"):
        calendar.add_open_days(date(2025, 4, 1), n)


def test_the_neighbouring_open_days_are_found() -> None:
    new_year = date(2026, 1, 1)
    assert calendar.open_day_on_or_before(new_year) == date(2025, 12, 26)
    assert calendar.open_day_on_or_before(date(2025, 12, 26)) == date(2025, 12, 26)
    assert calendar.open_day_after(new_year) == date(2026, 1, 5)
    assert calendar.open_day_after(date(2025, 12, 26)) == date(2026, 1, 5)
    assert calendar.open_days(date(2025, 12, 26), date(2026, 1, 5)) == 2
    assert calendar.open_days(new_year, date(2025, 12, 26)) == 0


@given(st.dates(date(2020, 1, 1), date(2029, 12, 31)), st.integers(1, 30))
def test_counting_forward_agrees_with_counting_between(d: date, n: int) -> None:
    due = calendar.add_open_days(d, n)
    assert calendar.is_open_day(due)
    assert calendar.open_days(d + timedelta(days=1), due) == n
