"""Tables and columns whose names Postgres takes for something else where they are not quoted."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from clearway import Clearway
from clearway.outcome import Answered
from clearway.semantics.planning.keywords import KEYWORDS
from clearway.stores.embedded.server import EmbeddedPostgres
from tests.integration.clearway.conftest import OPERATOR
from tests.integration.conftest import create_database, settings_for

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

TABLES = """
create schema shop;
create table shop."group" (id int primary key, name text);
create table shop."user" (
    id int primary key, name text, group_id int references shop."group"
);
create table shop."order" (
    id int primary key, user_id int references shop."user", "desc" text, "end" date,
    "Total Price" numeric(10, 2)
);
create table shop."Select Case" (id int primary key, "2nd Grade" text, "table" text);
insert into shop."group" values (1, 'north'), (2, 'south');
insert into shop."user" values (1, 'Ada', 1), (2, 'Bo', 1), (3, 'Cy', 2);
insert into shop."order" values
    (1, 1, 'gloves', '2026-01-05', 10), (2, 1, 'hat', '2026-02-05', 20.5),
    (3, 2, 'scarf', '2026-03-05', 30), (4, 3, 'boots', '2026-03-06', 40);
insert into shop."Select Case" values (1, 'good', 'oak'), (2, 'fair', 'oak');
do $$ begin
    if to_regrole('analyst') is null then create role analyst login; end if;
end $$;
grant usage on schema shop to analyst;
grant select on all tables in schema shop to analyst;
"""

ASKED: dict[str, set[tuple[object, ...]]] = {
    "how many orders": {(4,)},
    "how many users": {(3,)},
    "how many groups are there?": {(2,)},
    "how many select cases": {(2,)},
    "select cases per table": {("oak", 2)},
    "number of orders by user": {("Ada", 2), ("Bo", 1), ("Cy", 1)},
    "number of orders per group": {(1, 3), (2, 1)},
    "users with more than 1 order": {("Ada",)},
    "users without orders": set(),
    "maximum total price of orders": {("40.00",)},
    "number of orders by end": {(f"2026-0{day}", 1) for day in ("1-05", "2-05", "3-05", "3-06")},
    "show all details of orders where total price is 40": {(4, 3, "boots", "2026-03-06", "40.00")},
    "how many orders have a total price above 25": {(2,)},
}


async def test_every_name_is_written_as_the_name_it_is(server: EmbeddedPostgres) -> None:
    url = create_database(server)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLES)
    reader = SecretStr(make_conninfo(url, user="analyst"))
    own = settings_for(create_database(server)).model_copy(update={"warehouse_url": reader})
    async with Clearway.open(own, principal=OPERATOR) as cw:
        for question, rows in ASKED.items():
            outcome = await cw.ask(question)
            assert isinstance(outcome, Answered), (question, outcome)
            assert set(outcome.result.rows) == rows, question


def test_the_words_that_need_quotes_are_those_postgres_reserves(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.conninfo()) as connection:
        found = connection.execute("select word from pg_get_keywords() where catcode <> 'U'")
        assert {word for (word,) in found} == KEYWORDS
