from __future__ import annotations

import pytest

from clearway.tools.sql.guard.tree.casts import _is_own
from tests.unit.tools.shop import checked, refused

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "sql",
    [
        "select tier::int from tiers",
        "select cast(tier as numeric) from tiers",
        "select int4(tier) from tiers",
        "select date(old) from tiers",
        "select max(tier)::int from tiers",
        "select (tiers[1])::int from tiers",
        "select tiers::int[] from tiers",
        "select (case when id > 1 then tier end)::int from tiers",
        "select x::int from (select tier as x from tiers) q",
        "with w as (select coalesce(tier, tier) as x from tiers) select x::bigint from w",
        "select (select tier from tiers limit 1)::int",
        "select x::int from tiers, unnest(tiers) x",
        "select x::int from (select null as x union all select tier from tiers) q",
        "select first_value(tier) over (order by id)::int from tiers",
        "select (array_agg(tier))[1]::int from tiers",
    ],
)
def test_types_of_the_database_do_not_become_numbers(sql: str) -> None:
    assert refused(sql).rule == "sql.types.own_type"


@pytest.mark.parametrize(
    "sql",
    [
        "select tier::text, old::varchar, tiers::text[] from tiers",
        "select id from tiers where tier = 'gold' order by tier",
        "select count(tier)::int, min(tier) from tiers group by old",
        "select length(tier::text)::numeric from tiers",
        "select (tier = 'gold')::int from tiers",
    ],
)
def test_comparing_them_and_reading_them_as_text_is_fine(sql: str) -> None:
    checked(sql)


@pytest.mark.parametrize(
    ("type_", "own"),
    [
        ("numeric(12,2)", False),
        ("timestamp(3) with time zone", False),
        ("character varying(20)[]", False),
        ("integer[]", False),
        ("mpaa_rating", True),
        ("shop.tier[]", True),
        ("citext", True),
    ],
)
def test_which_types_are_built_in(type_: str, own: bool) -> None:
    assert _is_own(type_) is own
