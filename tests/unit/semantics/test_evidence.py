"""Each kind of evidence speaks against the mistake it is there for, and for what is right."""

from __future__ import annotations

import pytest

from clearway.calibration import shipped_calibration
from clearway.plans import Evidence, EvidenceKind, Proof, SqlPlan
from clearway.semantics.understanding import Understanding
from tests.unit.semantics.catalogs import ASKER, frame, library, planned, sales

pytestmark = pytest.mark.unit

CONFIDENCE = shipped_calibration()
TOP = "top 3 products by revenue in Europe last quarter"
TOP_SQL = """
select product, sum(revenue) as r from public.sales_fact
where region = 'Europe' and sold_on >= '2026-01-01' and sold_on < '2026-04-01'
group by product order by r desc limit 3
"""
NEVER = "Find the titles of books that were never loaned."
NEVER_SQL = "select title from book where book_id not in (select book_id from loan)"
AUTHORS = "How many books has each author written?"
AUTHORS_SQL = """
select a.last_name, count(*) from author a
join book_author ba on ba.author_id = a.author_id join book b on b.book_id = ba.book_id
group by a.author_id, a.last_name
"""


def collected(
    reading: Understanding, question: str, sql: str, proof: Proof | None = None
) -> dict[EvidenceKind, Evidence]:
    plan = SqlPlan(source="model", source_id="w", sql=sql, stated_confidence=0.9)
    found = reading.evidence(frame(reading, question), plan, ASKER, proof=proof)
    return {item.kind: item for item in found}


def confidence(reading: Understanding, question: str, sql: str) -> float:
    return CONFIDENCE.of(collected(reading, question, sql).values())


@pytest.mark.parametrize(
    ("reading", "question", "sql"),
    [(sales, TOP, TOP_SQL), (library, NEVER, NEVER_SQL)],
)
def test_a_right_statement_is_spoken_for(reading: Understanding, question: str, sql: str) -> None:
    found = collected(reading, question, sql)

    doubted = [
        i.detail for i in found.values() if i.score < 1 and i.kind not in ("stated", "agreement")
    ]
    assert doubted == []
    assert confidence(reading, question, sql) >= 0.7


@pytest.mark.parametrize(
    ("reading", "question", "right", "old", "new", "kind"),
    [
        (sales, TOP, TOP_SQL, "sum(revenue)", "avg(revenue)", "wording"),
        (sales, TOP, TOP_SQL, "region = 'Europe' and", "", "coverage"),
        (sales, TOP, TOP_SQL, "'Europe'", "'Latin America'", "values"),
        (sales, TOP, TOP_SQL, "'Europe'", "'Atlantis'", "grounding"),
        (sales, TOP, TOP_SQL, "desc", "asc", "wording"),
        (sales, TOP, TOP_SQL, "limit 3", "limit 5", "values"),
        (sales, TOP, TOP_SQL, "limit 3", "", "coverage"),
        (sales, TOP, TOP_SQL, "product", "channel", "mentions"),
        (sales, TOP, TOP_SQL, "2026-", "2025-", "values"),
        (sales, TOP, TOP_SQL, "revenue", "profit", "identifiers"),
        (sales, TOP, TOP_SQL, "where", "where channel = 'Online' and", "addition"),
        (library, NEVER, NEVER_SQL, "not in", "in", "wording"),
        (library, NEVER, NEVER_SQL, "loan)", "book_author)", "coverage"),
        (library, AUTHORS, AUTHORS_SQL, "b.book_id =", "b.genre_id =", "joins"),
        (library, AUTHORS, AUTHORS_SQL, "count(*)", "sum(b.pages)", "wording"),
        (library, AUTHORS, AUTHORS_SQL, "on b.book_id = ba.book_id", "on true", "joins"),
    ],
)  # fmt: skip
def test_one_wrong_place_is_seen_and_costs(
    reading: Understanding, question: str, right: str, old: str, new: str, kind: EvidenceKind
) -> None:
    wrong = right.replace(old, new)
    assert wrong != right

    assert collected(reading, question, wrong)[kind].score < 1
    assert confidence(reading, question, wrong) < confidence(reading, question, right)


def test_a_plan_that_agrees_with_the_rules_is_likelier() -> None:
    own = planned(sales, TOP)
    agreed = collected(sales, TOP, TOP_SQL)["agreement"]

    assert agreed.score == 1
    assert collected(sales, TOP, own)["agreement"].score == 1
    assert collected(sales, TOP, "select count(*) from sales_fact")["agreement"].score < 0.5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("select max(price) from book", "select price from book order by price desc limit 1"),
        (
            "select title from book where price between 5 and 9",
            "select title from book where price >= 5 and price <= 9",
        ),
        (
            "select title from book where not price > 5",
            "select b.title from book b where b.price <= 5",
        ),
        (
            "select last_name from member where city in ('Cork', 'Dublin')",
            "select last_name from member where city = 'Dublin' or city = 'Cork'",
        ),
        (
            "select title from book where price = (select max(price) from book)",
            "select title from book order by price desc limit 1",
        ),
    ],
)
def test_agreement_is_about_what_is_said_not_how(one: str, other: str) -> None:
    plan = SqlPlan(source="model", source_id="w", sql=one, stated_confidence=0.9, others=(other,))
    found = {i.kind: i for i in library.evidence(frame(library, NEVER), plan, ASKER)}

    assert found["samples"].score == 1


def test_the_most_agreed_plan_is_taken_and_the_others_are_kept() -> None:
    texts = ["select 1", "select count(*) from book", "select count(book_id) from book b"]
    plans = [SqlPlan(source="model", source_id="w", sql=s, stated_confidence=0.9) for s in texts]

    best = library.most_agreed(plans, ASKER)

    assert best.sql in texts[1:]
    assert len(best.others) == 2


@pytest.mark.parametrize(
    ("sql", "rows", "score"),
    [
        ("select title from book where price > 5", 1, 0.5),
        ("select title from book where price > 5", 30, 1.0),
        ("select count(*) from book where price > 5", 1, 1.0),
        ("select title from book where title = 'Emma'", 1, 1.0),
    ],
)
def test_an_estimate_is_doubted_where_a_list_would_be_empty(
    sql: str, rows: float, score: float
) -> None:
    proof = Proof(cost=10, rows=rows, relations=())

    assert collected(library, "books with price over 5", sql, proof)["estimate"].score == score


@pytest.mark.parametrize("question", ["", "كم عدد الكتب؟", "x" * 10_000, "\0\0"])
def test_any_question_has_evidence(question: str) -> None:
    assert "agreement" in collected(library, question, NEVER_SQL)


def test_what_is_no_statement_has_its_planners_word_only() -> None:
    assert set(collected(library, NEVER, "select from where")) == {"stated"}


def test_every_item_is_one_line() -> None:
    found = collected(sales, TOP, "select region, avg(units_sold) from sales_fact group by 1")

    assert all(i.detail and "\n" not in i.detail and len(i.detail) < 400 for i in found.values())


def test_what_was_named_before_is_named_in_a_follow_up() -> None:
    before = frame(sales, "total revenue by region last quarter")
    after = frame(sales, "and for Q2 2025?", previous=before)
    plan = sales.plan(after, ASKER)
    assert isinstance(plan, SqlPlan)

    found = {item.kind: item for item in sales.evidence(after, plan, ASKER)}

    assert found["mentions"].score == 1


SECOND = "Which author has the second highest number of books?"
SECOND_SQL = f"{AUTHORS_SQL} order by count(*) desc limit 1 offset 1"


def test_a_place_in_a_ranking_is_explained_by_its_own_word() -> None:
    read = frame(library, SECOND)
    (order,) = read.order

    assert read.text[slice(*order.span)] == "second highest number of books"
    assert (
        "“second” passes over the first one"
        in collected(library, SECOND, SECOND_SQL)["wording"].detail
    )


def test_a_place_in_a_ranking_is_no_unit_of_time() -> None:
    read = frame(sales, "second highest revenue by region")
    plan = sales.plan(read, ASKER)
    assert isinstance(plan, SqlPlan)

    found = {item.kind: item for item in sales.evidence(read, plan, ASKER)}

    assert found["mentions"].score == 1


@pytest.mark.parametrize(
    ("question", "sql", "doubt"),
    [
        (SECOND, SECOND_SQL.replace(" offset 1", ""), "the second was asked for"),
        (SECOND, SECOND_SQL.replace("offset 1", "offset 2"), "the second was asked for"),
        (SECOND.replace("second ", ""), SECOND_SQL, "nobody asked to pass over the first 1"),
        (
            "What percentage of loans were made by members from Cork?",
            "select avg((m.city = 'Cork')::int) from loan l join member m using (member_id)",
            "a percentage was asked for, and a fraction is told",
        ),
    ],
)
def test_what_a_place_or_a_percentage_calls_for_is_missed(
    question: str, sql: str, doubt: str
) -> None:
    assert doubt in collected(library, question, sql)["wording"].detail


def test_plans_that_pass_over_other_rows_do_not_agree() -> None:
    question = "second most expensive book"
    sql = "select title from book order by price desc limit 1"

    assert collected(library, question, f"{sql} offset 1")["agreement"].score == 1
    assert collected(library, question, sql)["agreement"].score < 1
