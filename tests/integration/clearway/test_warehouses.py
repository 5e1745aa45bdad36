"""Warehouses nobody prepared Clearway for, through CLEARWAY_WAREHOUSE_URL."""

from __future__ import annotations

import gzip
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from clearway import Clearway, Settings
from clearway.errors import ConfigurationError
from clearway.outcome import Answered
from clearway.stores.embedded.server import EmbeddedPostgres
from tests.integration.clearway.conftest import OPERATOR
from tests.integration.conftest import create_database, settings_for

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "nl2sql"

pytestmark = [
    pytest.mark.integration,
    pytest.mark.anyio,
    pytest.mark.skipif(not DATA.is_dir(), reason="the databases are not beside this checkout"),
]

READER = """
do $$ begin
    if to_regrole('analyst') is null then create role analyst login; end if;
end $$;
grant usage on schema public to analyst;
grant select on all tables in schema public to analyst;
"""


def warehouse(server: EmbeddedPostgres, name: str) -> Settings:
    """Load a database, and return settings that read it as a plain login."""
    url = create_database(server)
    with gzip.open(DATA / f"{name}.sql.gz", "rt", encoding="utf-8") as script:
        text = script.read()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(text.encode())
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(READER)
    own = settings_for(create_database(server))
    reader = make_conninfo(url, user="analyst")
    return own.model_copy(update={"warehouse_url": SecretStr(reader)})


@pytest.mark.parametrize(
    ("name", "question", "gold"),
    [
        ("chinook", "How many tracks are there?", "select count(*) from track"),
        ("chinook", "select count(*) from invoice", "select count(*) from invoice"),
        ("sakila", "How many films are there?", "select count(*) from film"),
        ("sakila", "select count(*) from film_list", "select count(*) from film_list"),
    ],
)
async def test_a_count_is_the_databases_own(
    server: EmbeddedPostgres, name: str, question: str, gold: str
) -> None:
    settings = warehouse(server, name)
    assert settings.warehouse_url is not None
    with psycopg.connect(settings.warehouse_url.get_secret_value()) as connection:
        expected = connection.execute(gold.encode()).fetchone()
    async with Clearway.open(settings, principal=OPERATOR) as cw:
        outcome = await cw.ask(question)
        assert isinstance(outcome, Answered), outcome
        assert expected is not None
        assert outcome.result.rows == ((expected[0],),)


async def test_a_name_no_index_holds_is_found_in_the_data(server: EmbeddedPostgres) -> None:
    settings = warehouse(server, "chinook")
    async with Clearway.open(settings, principal=OPERATOR) as cw:
        outcome = await cw.ask("How many invoices does Leonie Köhler have?")
        assert isinstance(outcome, Answered), outcome
        assert outcome.result.rows == ((7,),)
        records = await cw.get_audit_records(outcome.trace_id)
        assert {record.step for record in records} == {"ask", "lookup", "execute-1"}


async def test_nothing_is_loaded_into_a_warehouse_of_ones_own(server: EmbeddedPostgres) -> None:
    settings = warehouse(server, "chinook")
    async with Clearway.open(settings, principal=OPERATOR) as cw:
        assert {table.schema for table in cw.wired.catalog.tables} == {"public"}


async def test_whoever_may_write_is_refused_with_the_script_of_a_reader(
    server: EmbeddedPostgres,
) -> None:
    url = create_database(server)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table shelf (id int primary key)")
    own = settings_for(create_database(server))
    settings = own.model_copy(update={"warehouse_url": SecretStr(url)})
    with pytest.raises(ConfigurationError) as caught:
        async with Clearway.open(settings, principal=OPERATOR):
            pytest.fail("it opened as a superuser")
    assert 'ON "public"."shelf" TO "clearway_reader"' in caught.value.message
    accepted = settings.model_copy(update={"allow_privileged_warehouse_role": True})
    async with Clearway.open(accepted, principal=OPERATOR) as cw:
        assert (await cw.ask("select count(*) from shelf")).kind == "answered"


async def test_personal_columns_are_shown_to_the_asker_and_kept_nowhere(
    server: EmbeddedPostgres,
) -> None:
    settings = warehouse(server, "chinook")
    async with Clearway.open(settings, principal=OPERATOR) as cw:
        config = {"configurable": {"thread_id": "people"}}
        sql = "select email from customer order by customer_id limit 1"
        out = await cw.graph.ainvoke({"question": sql}, config)
        (row,) = out["outcome"]["result"]["rows"]
        assert "@" in row[0]
        assert row[0] not in out["messages"][-1].text
        public = await cw.graph.ainvoke({"question": "select name from genre limit 1"}, config)
        assert public["outcome"]["result"]["rows"][0][0] in public["messages"][-1].text
