"""Columns called like verbs: who did something, who is above whom, and who is not said."""

from __future__ import annotations

import pytest

from clearway.plans import SqlPlan
from clearway.semantics.resolving.grounding import facts_of
from clearway.semantics.types import Abstention
from tests.unit.semantics.catalogs import ASKER, NOW, abstained, frame, planned
from tests.unit.semantics.pottery import pottery

pytestmark = pytest.mark.unit


def known(question: str) -> str | Abstention:
    """Return what a question is read as where the people it names are found among the staff."""
    lookup = pottery.lookup(frame(pottery, question), ASKER)
    assert lookup is not None
    rows = [
        (number, *name.split(" "))
        for number, (name, refs) in enumerate(lookup.places)
        if [ref.table for ref in refs] == ["public.staff"] * 2
    ]
    again = pottery.read(question, ASKER, now=NOW, zone="UTC", facts=facts_of(lookup, rows))
    plan = pottery.plan(again, ASKER)
    return plan.sql if isinstance(plan, SqlPlan) else plan


@pytest.mark.parametrize(
    "question",
    [
        "who reports to Ada Moss",
        "Who is reporting to Ada Moss?",
        "staff who report to Ada Moss",
        "full names of the staff that report to Ada Moss",
        "staff reporting to Ada Moss",
    ],
)
def test_those_below_somebody(question: str) -> None:
    assert planned(pottery, question) == (
        "SELECT staff.first_name, staff.last_name FROM public.staff AS staff"
        " JOIN public.staff AS reports ON staff.reports_to = reports.staff_id"
        " WHERE reports.first_name ILIKE 'Ada' AND reports.last_name ILIKE 'Moss'"
    )


@pytest.mark.parametrize("who", ["who", "whom"])
def test_the_one_above_somebody_is_told_by_name(who: str) -> None:
    assert known(f"{who} does Ada Moss report to?") == (
        "SELECT reports.first_name, reports.last_name FROM public.staff AS staff"
        " JOIN public.staff AS reports ON staff.reports_to = reports.staff_id"
        " WHERE staff.first_name = 'Ada' AND staff.last_name = 'Moss'"
    )


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("which tasks were created by Ada Moss?", "task.created_by = created.staff_id"),
        ("tasks assigned to Ada Moss", "task.assigned_to = assigned.staff_id"),
        ("how many open tasks are assigned to Ada Moss", "COUNT(*)"),
        ("kilns managed by Ada Moss", "kiln.managed_by = managed.staff_id"),
        ("tasks assigned to Bo Ek and created by Ada Moss", "assigned.first_name ILIKE 'Bo'"),
        ("tasks assigned to Bo Ek and created by Ada Moss", "created.first_name ILIKE 'Ada'"),
        ("tasks created by staff 5", "task.created_by = staff.staff_id WHERE staff.staff_id = 5"),
        ("tasks created by the staff Ada Moss", "SELECT task.title"),
        ("how many tasks were created by each staff member", "GROUP BY staff.first_name"),
        (
            "tasks created by 5",
            "SELECT task.title FROM public.task AS task WHERE task.created_by = 5",
        ),
        ("title and created by of tasks", "SELECT task.title, task.created_by FROM"),
        ("number of tasks by created by", "GROUP BY task.created_by"),
    ],
)
def test_what_was_done_by_or_to_somebody(question: str, part: str) -> None:
    assert part in planned(pottery, question)


@pytest.mark.parametrize(
    "question",
    [
        "staff who do not report to Ada Moss",
        "who reports to Ada",
        "who is assigned to Ada Moss",
        "tasks created by Ada Moss or Bo Ek",
        "purchases of the collectors 'Ada Moss' or 'Bo Ek'",
        "pieces bought by the collector Ada Moss and Bo Ek",
        "kilns not managed by Ada Moss",
        "number of tasks by staff",
    ],
)
def test_who_is_not_settled(question: str) -> None:
    abstained(pottery, question)


def test_by_somebody_does_not_say_what_they_did() -> None:
    assert isinstance(known("tasks by Ada Moss"), Abstention)


@pytest.mark.parametrize(
    "question",
    [
        "who manages the kiln Anagama",
        "who advises collectors from Faro",
        "who placed purchases in May 2024",
        "who bought pieces in 2024",
    ],
)
def test_who_did_something_is_not_answered_with_what_they_did_it_to(question: str) -> None:
    assert "who" in abstained(pottery, question).unclear


def test_who_are_those_is_answered_with_them() -> None:
    assert planned(pottery, "who are the collectors from Faro").startswith(
        "SELECT collector.first_name, collector.last_name FROM"
    )
