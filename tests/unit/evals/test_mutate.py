"""Mutants differ in one place, parse, and are the same for the same seed."""

from __future__ import annotations

import pytest
import sqlglot

from clearway.evals.mutate import KINDS, Mutator
from tests.unit.semantics.catalogs import LIBRARY

pytestmark = pytest.mark.unit

GOLD = """
select distinct m.city, count(*), sum(l.fee) from loan as l
join member as m on m.member_id = l.member_id
where m.city <> 'Cork' and l.fee > 5 and l.loaned_at >= '2026-01-01'
  and not l.book_id in (select book_id from book_author)
group by m.city having count(*) > 3 order by count(*) desc limit 5
"""


def values(table: str, column: str) -> list[str]:
    return ["Cork", "Dublin", "Galway"] if column == "city" else []


def kinds_of(sql: str, seed: int = 0) -> dict[str, str]:
    return {m.kind: m.sql for m in Mutator(LIBRARY, values, seed=seed).mutants(sql)}


def test_every_kind_can_be_made() -> None:
    assert set(kinds_of(GOLD)) == set(KINDS)


def test_every_mutant_is_another_statement_that_parses() -> None:
    gold = sqlglot.parse_one(GOLD, dialect="postgres").sql(dialect="postgres")
    for text in kinds_of(GOLD).values():
        assert text != gold
        assert sqlglot.parse_one(text, dialect="postgres").sql(dialect="postgres") == text


def test_the_seed_decides() -> None:
    assert kinds_of(GOLD) == kinds_of(GOLD)
    assert any(kinds_of(GOLD, seed) != kinds_of(GOLD) for seed in range(1, 5))


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("direction", "select title from book order by price desc", None),
        (
            "distinct dropped",
            "select count(distinct pages) from book",
            "select count(pages) from book",
        ),
        ("literal", "select 1 from member where city = 'Dublin'", None),
        ("limit", "select title from book limit 5", None),
        ("period", "select 1 from loan where loaned_at > '2026-03-01'", None),
        ("filter dropped", "select title from book where price > 3", "select title from book"),
    ],
)
def test_a_kind_changes_what_it_says(kind: str, before: str, after: str | None) -> None:
    made = kinds_of(before)[kind]

    assert made != before
    if after is not None:
        assert (
            sqlglot.parse_one(made, dialect="postgres").sql()
            == sqlglot.parse_one(after, dialect="postgres").sql()
        )


def test_what_a_statement_has_not_cannot_be_changed() -> None:
    assert not {"limit", "join", "group dropped", "period"} & set(
        kinds_of("select title from book")
    )
