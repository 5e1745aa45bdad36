from __future__ import annotations

import pytest

from clearway.identity import Principal
from clearway.plans import SqlPlan
from clearway.semantics.types import Abstention
from tests.unit.semantics.catalogs import ASKER, NOW, frame, sales

pytestmark = pytest.mark.unit

FINANCE = Principal(user="fin", roles=frozenset({"finance"}))


@pytest.mark.parametrize(
    ("denied", "unknown"),
    [
        ("how many customers are there", "how many zebras are there"),
        ("list all salaries", "list all zebras"),
        ("revenue by customer", "revenue by zebra"),
        ("list the emails of customers", "list the emails of zebras"),
    ],
)
def test_a_denied_table_is_read_like_a_word_that_means_nothing(denied: str, unknown: str) -> None:
    word, other = denied.split(), unknown.split()
    changed = {w for w in word if w not in other}
    one, two = frame(sales, denied), frame(sales, unknown)
    plain_one, plain_two = str(one.to_json()), str(two.to_json())
    for mine, theirs in zip(word, other, strict=True):
        plain_one = plain_one.replace(mine, theirs)

    assert changed
    assert _without_numbers(plain_one) == _without_numbers(plain_two)
    route_one, route_two = sales.route(denied, one, ASKER), sales.route(unknown, two, ASKER)
    assert route_one == route_two
    assert isinstance(sales.plan(one, ASKER), Abstention)


def _without_numbers(text: str) -> str:
    return "".join(c for c in text if not c.isdigit())


def test_a_role_sees_what_it_may() -> None:
    text = "what is the total amount of salaries"
    allowed = sales.plan(sales.read(text, FINANCE, now=NOW, zone="UTC"), FINANCE)
    denied = sales.plan(sales.read(text, ASKER, now=NOW, zone="UTC"), ASKER)

    assert isinstance(allowed, SqlPlan)
    assert isinstance(denied, Abstention)
    assert "salaries" in sales.prompt_schema(frame(sales, text), FINANCE)
    assert "salaries" not in sales.prompt_schema(frame(sales, text), ASKER)


def test_the_schema_for_a_model_starts_with_what_is_spoken_of() -> None:
    schema = sales.prompt_schema(frame(sales, "how many jobs failed"), ASKER)

    assert schema.startswith("table public.job_runs")
    assert "'failed'" in schema


def test_the_version_is_the_catalogs() -> None:
    assert len(sales.version()) == 16
