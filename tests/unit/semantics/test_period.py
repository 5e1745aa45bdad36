from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from clearway.semantics.times.period import Calendar, Stretch, read_period
from clearway.semantics.words.tokens import tokenize

pytestmark = pytest.mark.unit

NOW = datetime(2026, 5, 20, 15, 30, tzinfo=UTC)


def stretch(text: str, *, zone: str = "UTC", **calendar: object) -> Stretch:
    found = read_period(tokenize(text), 0, Calendar(NOW, ZoneInfo(zone), **calendar))  # type: ignore[arg-type]
    assert found is not None
    return found


def days(found: Stretch) -> tuple[str, str]:
    assert found.start is not None
    assert found.end is not None
    return found.start.isoformat()[:16], found.end.isoformat()[:16]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("today", "2026-05-20T00:00", "2026-05-21T00:00"),
        ("yesterday", "2026-05-19T00:00", "2026-05-20T00:00"),
        ("this week", "2026-05-18T00:00", "2026-05-25T00:00"),
        ("last month", "2026-04-01T00:00", "2026-05-01T00:00"),
        ("last quarter", "2026-01-01T00:00", "2026-04-01T00:00"),
        ("last year", "2025-01-01T00:00", "2026-01-01T00:00"),
        ("last 24 hours", "2026-05-19T15:30", "2026-05-20T15:30"),
        ("past three months", "2026-02-20T15:30", "2026-05-20T15:30"),
        ("last 7d", "2026-05-13T15:30", "2026-05-20T15:30"),
        ("Q3 2025", "2025-07-01T00:00", "2025-10-01T00:00"),
        ("2025 Q3", "2025-07-01T00:00", "2025-10-01T00:00"),
        ("third quarter of 2025", "2025-07-01T00:00", "2025-10-01T00:00"),
        ("H1 2025", "2025-01-01T00:00", "2025-07-01T00:00"),
        ("Q1", "2026-01-01T00:00", "2026-04-01T00:00"),
        ("Q4", "2025-10-01T00:00", "2026-01-01T00:00"),
        ("March 2026", "2026-03-01T00:00", "2026-04-01T00:00"),
        ("March 5, 2026", "2026-03-05T00:00", "2026-03-06T00:00"),
        ("5 March 2026", "2026-03-05T00:00", "2026-03-06T00:00"),
        ("2026-03-05", "2026-03-05T00:00", "2026-03-06T00:00"),
        ("2026-03", "2026-03-01T00:00", "2026-04-01T00:00"),
        ("last Monday", "2026-05-18T00:00", "2026-05-19T00:00"),
        ("3 days ago", "2026-05-17T00:00", "2026-05-18T00:00"),
        ("between January and March 2026", "2026-01-01T00:00", "2026-04-01T00:00"),
        ("ytd", "2026-01-01T00:00", "2026-05-20T15:30"),
        ("year to date", "2026-01-01T00:00", "2026-05-20T15:30"),
    ],
)
def test_periods(text: str, start: str, end: str) -> None:
    assert days(stretch(text)) == (start, end)


def test_since_is_open_behind_and_before_is_open_in_front() -> None:
    since, before, after = stretch("since 2025"), stretch("before 2025"), stretch("after 2025")

    assert (since.start, since.end) == (datetime(2025, 1, 1, tzinfo=UTC), None)
    assert (before.start, before.end) == (None, datetime(2025, 1, 1, tzinfo=UTC))
    assert (after.start, after.end) == (datetime(2026, 1, 1, tzinfo=UTC), None)


def test_the_askers_zone_decides_what_today_is() -> None:
    assert days(stretch("today", zone="Asia/Tokyo")) == ("2026-05-20T15:00", "2026-05-21T15:00")


def test_the_week_starts_where_the_setting_says() -> None:
    assert days(stretch("this week", week_start="sunday"))[0] == "2026-05-17T00:00"


def test_quarters_follow_the_fiscal_year() -> None:
    found = stretch("Q1 2026", fiscal_year_start_month=10)

    assert days(found) == ("2025-10-01T00:00", "2026-01-01T00:00")


@pytest.mark.parametrize("text", ["may I see", "march on", "last name", "2026 units", "Q7", "H3"])
def test_no_period(text: str) -> None:
    found = read_period(tokenize(text), 0, Calendar(NOW, ZoneInfo("UTC")))

    assert found is None or found.year is not None


@pytest.mark.parametrize(
    "text", ["until 9999-12-31", "9999-12", "since 0001-01-01", "9000 years ago"]
)
def test_a_time_at_the_end_of_the_calendar_is_not_read_and_no_failure(text: str) -> None:
    calendar = Calendar(NOW, ZoneInfo("Europe/Paris"))
    assert read_period(tokenize(text), 0, calendar) is None
