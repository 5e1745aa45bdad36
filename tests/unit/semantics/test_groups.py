"""Groups are held against averages as groups, and sums of nameless rows are sums."""

from __future__ import annotations

import pytest

from clearway.plans import SqlPlan
from clearway.semantics.evidence.compare import compare
from clearway.semantics.types import Abstention
from tests.unit.semantics.catalogs import ASKER, SALES, frame, library, planned, sales

pytestmark = pytest.mark.unit

SLOW = (
    "GROUP BY job_runs.job_name HAVING AVG(job_runs.runtime_seconds) >"
    " (SELECT AVG(job_runs.runtime_seconds) FROM public.job_runs AS job_runs)"
)


@pytest.mark.parametrize(
    "question",
    [
        "jobs slower than average",
        "jobs slower than average by their mean",
        "Which jobs are slower than average by their mean runtime?",
        "jobs whose mean runtime is above the average",
    ],
)
def test_the_mean_of_each_group_is_held_against_the_average(question: str) -> None:
    assert SLOW in planned(sales, question)


def test_single_rows_are_held_against_the_average_themselves() -> None:
    sql = planned(sales, "runs slower than average")

    assert "WHERE job_runs.runtime_seconds > (SELECT AVG(runtime_seconds)" in sql


@pytest.mark.parametrize(
    ("question", "part"),
    [
        (
            "regions with revenue above average",
            "HAVING SUM(sales_fact.revenue) > (SELECT AVG(totals.number) FROM (SELECT"
            " SUM(sales_fact.revenue) AS number FROM public.sales_fact AS sales_fact"
            " GROUP BY sales_fact.region) AS totals)",
        ),
        ("jobs that take longer than 5 minutes on average", "HAVING AVG(job_runs.runtime"),
        (
            "jobs with average runtime between 100 and 200 seconds",
            "HAVING AVG(job_runs.runtime_seconds) BETWEEN 100 AND 200",
        ),
        ("revenue from sales with more than 3 units sold", "SELECT SUM(sales_fact.revenue)"),
        ("units sold and revenue from sales in Europe", "AS total_units_sold, SUM("),
        ("list revenue from sales in Europe", "SELECT sales_fact.revenue FROM"),
    ],
)
def test_numbers_of_groups_and_of_rows_without_a_name(question: str, part: str) -> None:
    assert part in planned(sales, question)


def test_the_average_is_of_the_time_that_is_asked_about() -> None:
    sql = planned(sales, "regions with revenue above average in 2025")

    assert sql.count("sales_fact.sold_on >= CAST('2025-01-01' AS DATE)") == 2


@pytest.mark.parametrize(
    "question",
    [
        "runs slower than average by their mean",
        "failed jobs slower than average",
        "regions with revenue above the average in the Online channel",
    ],
)
def test_an_average_of_nobody_knows_what_is_not_planned(question: str) -> None:
    assert isinstance(sales.plan(frame(sales, question), ASKER), Abstention)


def test_the_planners_own_statement_agrees_with_the_question() -> None:
    question = "regions with revenue above average"
    plan = sales.plan(frame(sales, question), ASKER)
    assert isinstance(plan, SqlPlan)
    held = compare(frame(sales, question), plan.sql, SALES)
    doubted = [e for e in sales.evidence(frame(sales, question), plan, ASKER) if e.score < 0.9]

    assert held is not None and (held.missing, held.added) == ((), ())
    assert doubted == []


@pytest.mark.parametrize(
    "question",
    [
        "authors with books with more than 3 loans",
        "Which authors have at least one book with more than 3 loans?",
        "authors who have books with no loans",
        "members in cities with more than 3 branches",
        "the price of the member with the most books",
    ],
)
def test_what_is_said_of_one_of_them_is_not_held_of_all(question: str) -> None:
    assert isinstance(library.plan(frame(library, question), ASKER), Abstention)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("books with more than 3 loans", "(SELECT COUNT(*) FROM public.loan"),
        ("How many books have more than 3 loans?", "(SELECT COUNT(*) FROM public.loan"),
        ("fantasy books with no loans", "NOT EXISTS(SELECT 1 FROM public.loan"),
    ],
)
def test_what_is_said_of_the_rows_asked_about_is(question: str, part: str) -> None:
    assert part in planned(library, question)


@pytest.mark.parametrize(
    "question",
    [
        "cities that have members but no employees",
        "Which cities have no books?",
        "books longer than the average length of their genre",
        "books whose price is above the average for their genre",
        "books whose price is above the average in each genre",
    ],
)
def test_groups_that_lack_rows_and_averages_within_groups_are_declined(question: str) -> None:
    assert isinstance(library.plan(frame(library, question), ASKER), Abstention)


def test_a_thing_reached_by_way_of_many_is_not_counted_by_the_way() -> None:
    found = library.plan(frame(library, "members who borrowed books of more than 3 genres"), ASKER)

    assert isinstance(found, Abstention)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("members with an email", "WHERE NOT member.email IS NULL"),
        ("members with their email", "member.email FROM"),
        ("the 2 most expensive books in each genre", "PARTITION BY genre.name, genre.genre_id"),
        (
            "the first loan of each member",
            "PARTITION BY member.first_name, member.member_id, member.last_name",
        ),
        ("the oldest employee in each branch", "PARTITION BY branch.name, branch.branch_id"),
    ],
)
def test_having_one_and_being_the_first_of_each(question: str, part: str) -> None:
    assert part in planned(library, question)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        (
            "Which books have the highest price?",
            "WHERE book.price = (SELECT MAX(price) FROM public.book)",
        ),
        ("Which book has the highest price?", "ORDER BY book.price DESC NULLS LAST LIMIT 1"),
        ("the 2 books with the highest price", "LIMIT 2"),
        ("books with a price above the average price of all books", "(SELECT AVG(price)"),
    ],
)
def test_several_that_are_first_are_all_told(question: str, part: str) -> None:
    assert part in planned(library, question)


@pytest.mark.parametrize(
    "question",
    [
        "books cheaper than the average price of books in the Crime genre",
        "books cheaper than the average price of fantasy books",
        "members with no loans or no email",
    ],
)
def test_an_average_of_some_and_one_lack_or_another_are_declined(question: str) -> None:
    assert isinstance(library.plan(frame(library, question), ASKER), Abstention)


@pytest.mark.parametrize(
    "question",
    [
        "percentage of books borrowed by the oldest member",
        "percentage of loans made by the branch",
        "members that are join",
    ],
)
def test_who_did_it_is_no_group_and_a_plain_verb_no_event(question: str) -> None:
    assert isinstance(library.plan(frame(library, question), ASKER), Abstention)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("percentage of books by genre", "AS percent_of_number_of_book"),
        ("loans of members in Cork vs Galway", "member.city, COUNT(*) AS number_of_loan"),
        ("the branch with the most members in each city", "PARTITION BY branch.city ORDER BY"),
    ],
)
def test_parts_sides_and_ranks(question: str, part: str) -> None:
    assert part in planned(library, question)


@pytest.mark.parametrize(
    "question", ["jobs that are running", "how many jobs are running", "list the running jobs"]
)
def test_what_goes_on_now_is_no_event_of_the_past(question: str) -> None:
    assert isinstance(sales.plan(frame(sales, question), ASKER), Abstention)
