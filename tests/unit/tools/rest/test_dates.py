"""A stretch of time in the parameters of calls: by name, by schema, whole or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from clearway.identity import Principal
from clearway.plans import RestPlan
from clearway.semantics.frame import Comparison, Frame, Period
from clearway.semantics.types import Abstention
from clearway.tools.rest.planning.dates import When, when_of
from clearway.tools.rest.planning.planner import RulesPlanner
from tests.unit.tools.rest.documents import registry

pytestmark = pytest.mark.unit

ANN = Principal(user="ann")
AT = datetime(2026, 3, 11, 15, 30, tzinfo=UTC)
DOCUMENT = """\
openapi: 3.0.3
info: {{title: Bookings, version: "1"}}
servers: [{{url: "https://bookings.example.com"}}]
paths:
  /bookings:
    get:
      operationId: listBookings
      summary: List bookings
      parameters: [{parameters}]
      responses: {{"200": {{description: ok}}}}
"""
SERVICES = "version: 1\nservices:\n  bookings:\n    openapi: bookings.yaml\n"


def query(name: str, schema: str, more: str = "") -> str:
    return f"{{name: {name!r}, in: query, schema: {{{schema}}}{more}}}"


DATE, MOMENT = "type: string, format: date", "type: string, format: date-time"


def utc(month: int, day: int, hour: int = 0) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


WEEK = When(utc(3, 2), utc(3, 9), "UTC", "last week", AT)
YESTERDAY = When(utc(3, 10), utc(3, 11), "UTC", "yesterday", AT)
SINCE = When(utc(3, 2), None, "UTC", "since 2 March", AT)
BEFORE = When(None, utc(3, 2), "UTC", "before 2 March", AT)
HOURS = When(utc(3, 10, 15), utc(3, 11, 15), "UTC", "last 24 hours", AT)
YEAR = When(utc(1, 1), datetime(2027, 1, 1, tzinfo=UTC), "UTC", "this year", AT)


def planned(folder: Path, when: When, *parameters: str, ask: str = "") -> RestPlan | Abstention:
    document = DOCUMENT.format(parameters=", ".join(parameters))
    known = registry(folder, SERVICES, document, "bookings.yaml")
    return RulesPlanner(known).plan(ask or f"list bookings {when.text}", ANN, when)


@pytest.mark.parametrize(
    ("names", "schema", "when", "wanted"),
    [
        (("from", "to"), DATE, WEEK, ("2026-03-02", "2026-03-08")),
        (("startDate", "endDate"), DATE, WEEK, ("2026-03-02", "2026-03-08")),
        (("date.gte", "date.lt"), DATE, WEEK, ("2026-03-02", "2026-03-09")),
        (("min_date", "max_date"), DATE, YESTERDAY, ("2026-03-10", "2026-03-10")),
        (("after", "before"), DATE, WEEK, ("2026-03-01", "2026-03-09")),
        (("since", "until"), MOMENT, WEEK, ("2026-03-02T00:00:00Z", "2026-03-08T23:59:59Z")),
        (("since", "before"), MOMENT, HOURS, ("2026-03-10T15:00:00Z", "2026-03-11T15:00:00Z")),
    ],
)
def test_the_edges_go_where_names_and_formats_say(
    tmp_path: Path, names: tuple[str, str], schema: str, when: When, wanted: tuple[str, str]
) -> None:
    found = planned(tmp_path, when, *(query(each, schema) for each in names))

    assert isinstance(found, RestPlan), found
    assert dict(found.steps[0].parameters) == dict(zip(names, wanted, strict=True))


def test_the_days_are_those_of_the_asker(tmp_path: Path) -> None:
    # In Tokyo the 10th began on the 9th at 15:00 UTC.
    tokyo = When(utc(3, 9, 15), utc(3, 10, 15), "Asia/Tokyo", "yesterday", AT)
    found = planned(tmp_path, tokyo, query("from", DATE), query("to", DATE))

    assert isinstance(found, RestPlan)
    assert dict(found.steps[0].parameters) == {"from": "2026-03-10", "to": "2026-03-10"}


def test_seconds_of_the_epoch_are_said_to_be(tmp_path: Path) -> None:
    told = ", description: Unix timestamp"
    found = planned(tmp_path, SINCE, query("since", "type: integer", told))
    assert isinstance(found, RestPlan)
    assert found.steps[0].parameters == {"since": 1772409600}

    untold = planned(tmp_path, SINCE, query("since", "type: integer"))
    assert isinstance(untold, Abstention)


@pytest.mark.parametrize(
    ("when", "name", "schema", "value"),
    [
        (YESTERDAY, "date", DATE, "2026-03-10"),
        (YEAR, "year", "type: integer", 2026),
        (SINCE, "from", DATE, "2026-03-02"),
        (BEFORE, "to", DATE, "2026-03-01"),
    ],
)
def test_one_parameter_is_enough_where_it_says_it_all(
    tmp_path: Path, when: When, name: str, schema: str, value: object
) -> None:
    found = planned(tmp_path, when, query(name, schema))

    assert isinstance(found, RestPlan), found
    assert dict(found.steps[0].parameters) == {name: value}


@pytest.mark.parametrize(
    ("when", "parameters"),
    [
        (WEEK, [query("from", DATE)]),
        (WEEK, [query("date", DATE)]),
        (HOURS, [query("from", DATE), query("to", DATE)]),
        (WEEK, [query("from", "type: string"), query("to", "type: string")]),
        (WEEK, [query("status", "enum: [from, to]")]),
        (WEEK, [query(f"{kind}_{edge}", DATE) for kind in ("created", "paid")
                for edge in ("after", "before")]),
    ],
)  # fmt: skip
def test_what_no_parameters_can_say_is_asked_back_and_never_left_out(
    tmp_path: Path, when: When, parameters: list[str]
) -> None:
    found = planned(tmp_path, when, *parameters)

    assert isinstance(found, Abstention)
    assert found.unclear == (when.text,)


def test_of_several_the_question_chooses(tmp_path: Path) -> None:
    each = [query(f"{kind}_{edge}", DATE) for kind in ("created", "paid")
            for edge in ("since", "until")]  # fmt: skip
    found = planned(tmp_path, WEEK, *each, ask="list bookings paid last week")

    assert isinstance(found, RestPlan), found
    assert set(found.steps[0].parameters) == {"paid_since", "paid_until"}


def test_a_required_edge_nobody_said_is_named(tmp_path: Path) -> None:
    needed = (query("from", DATE, ", required: true"), query("to", DATE, ", required: true"))
    document = DOCUMENT.format(parameters=", ".join(needed))
    planner = RulesPlanner(registry(tmp_path, SERVICES, document, "bookings.yaml"))

    unsaid = planner.plan("list bookings", ANN)
    assert isinstance(unsaid, Abstention)
    assert unsaid.unclear == ("from", "to")
    since = planner.plan("list bookings since 2 March", ANN, SINCE)
    assert isinstance(since, RestPlan)
    assert dict(since.steps[0].parameters) == {"from": "2026-03-02", "to": "2026-03-11"}


def test_words_of_time_an_operation_is_about_are_no_bounds(tmp_path: Path) -> None:
    document = DOCUMENT.replace("/bookings:", "/arrivals/today:").replace(
        "List bookings", "Bookings arriving today"
    )
    known = registry(tmp_path, SERVICES, document.format(parameters=""), "bookings.yaml")
    today = When(utc(3, 11), utc(3, 12), "UTC", "today", AT)

    found = RulesPlanner(known).plan("bookings arriving today", ANN, today)
    assert isinstance(found, RestPlan)


def test_a_frame_gives_its_period_and_no_comparison() -> None:
    period = Period(start=utc(3, 2), end=utc(3, 9), zone="UTC", label="last week", span=(9, 18))
    frame = Frame(text="bookings last week", period=period)
    compared = Frame(text=frame.text, period=period, comparison=Comparison(base=period))

    assert when_of(frame, AT) == WEEK
    assert when_of(compared, AT) is None
    assert when_of(Frame(text="bookings"), AT) is None


def test_a_date_in_figures_that_goes_nowhere_is_asked_back(tmp_path: Path) -> None:
    document = DOCUMENT.format(parameters=query("limit", "type: integer"))
    planner = RulesPlanner(registry(tmp_path, SERVICES, document, "bookings.yaml"))

    found = planner.plan("list bookings of 2026/03/01", ANN)
    assert isinstance(found, Abstention)
    assert found.unclear == ("2026/03/01",)
