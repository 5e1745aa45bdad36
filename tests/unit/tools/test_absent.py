"""A denied thing cannot be told from one that is not there: not by words, rule, place or work."""

from __future__ import annotations

import pytest

from clearway.plans import Rejection
from tests.unit.tools.shop import ANALYST, GUARD

pytestmark = pytest.mark.unit

TABLES = [
    "select id from {}",
    "select id from shop.{}",
    "select x.id from {} x",
    "select * from {}",
    "select {} from {}",
    "with w as (select * from {}) select 1 from w",
    "select 1 from orders where id in (select id from {})",
    "select 1 from orders o join {} using (id)",
    "select 1 from orders natural join {}",
    "select 1 from orders o, lateral (select 1 from {} v where v.id = o.id) q",
    "table {}",
    "select id from orders union select id from {}",
    "select (select count(*) from {})",
    "select 1 from orders order by (select max(id) from {})",
]
COLUMNS = [
    "select {} from customers",
    "select c.{} from customers c",
    "select shop.customers.{} from shop.customers",
    "select 1 from customers where {} = 'x'",
    "select 1 from customers order by {}",
    "select count(*) from customers group by {}",
    "select 1 from customers join (values ('x')) v({}) using ({})",
    "select max({}) over () from customers",
    "select 1 from orders where exists (select 1 from customers where {} > '')",
    "select upper({}) from customers",
    "select {}::int from customers",
    "select x.{} from (select id from customers) x",
    "select {} || '' from customers",
]


def told(sql: str) -> tuple[dict[str, object], list[str]]:
    """Return everything that is said of a statement, and which layers ran to say it."""
    verdict, reports = GUARD.trace(sql, ANALYST)
    assert isinstance(verdict, Rejection), sql
    return verdict.model_dump(), [report.layer for report in reports]


@pytest.mark.parametrize(
    ("template", "denied", "absent"),
    [(text, "vault", "vaulx") for text in TABLES]
    + [(text, "closed", "clozed") for text in TABLES]
    + [(text, "ssn", "ssx") for text in COLUMNS],
)
def test_the_same_is_said_after_the_same_work(template: str, denied: str, absent: str) -> None:
    one, layers = told(template.replace("{}", denied))
    two, same_layers = told(template.replace("{}", absent))
    renamed = {
        name: value.replace(denied, absent) if isinstance(value, str) else value
        for name, value in one.items()
    }
    assert renamed == two
    assert layers == same_layers


def test_whose_columns_are_hidden_can_be_concluded_but_not_which() -> None:
    """The one difference: a star is refused where it would stand for more than may be read."""
    words = str(told("select * from customers")[0])
    assert "id, name, region" in words
    assert "ssn" not in words
    assert "id_card" not in words
