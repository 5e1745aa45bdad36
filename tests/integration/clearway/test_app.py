"""The library over a real Postgres: interlock, warehouse, audit and checkpoints included."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import psycopg
import pytest
import redis
from langchain_core.messages import HumanMessage
from psycopg_pool import AsyncConnectionPool
from pydantic import SecretStr

from clearway import Clearway, Principal, Settings, SyncClearway
from clearway import health as parts
from clearway.asking import Step
from clearway.errors import IdentityError
from clearway.graph.context import Context
from clearway.graph.ports import Rows
from clearway.outcome import Answered, Failed
from clearway.plans import CheckedSql, Rejection, SqlPlan
from clearway.stores.postgres import Addresses
from tests.integration.clearway.conftest import OPERATOR
from tests.ports import ANSWERED_PATH
from tests.redis_server import redis_server

pytestmark = [pytest.mark.integration, pytest.mark.anyio]


async def test_a_question_is_answered_as_its_sql_says(cw: Clearway) -> None:
    outcome = await cw.ask("total revenue by region in 2025", user="ada")
    assert isinstance(outcome, Answered)
    with psycopg.connect(cw.wired.database.addresses.admin) as connection:
        expected = connection.execute(
            "select region, sum(revenue) from demo.sales_fact where year = 2025 group by 1"
        ).fetchall()
    assert {(row[0], str(row[1])) for row in outcome.result.rows} == {
        (region, str(total)) for region, total in expected
    }


async def test_the_record_names_the_user_and_the_actor(cw: Clearway) -> None:
    outcome = await cw.ask("total revenue", user="ada", correlation_id="from-the-caller")
    assert outcome.trace_id == "from-the-caller"
    records = await cw.get_audit_records(correlation_id="from-the-caller")
    assert {record.step for record in records} == {"ask", "execute-1"}
    assert {record.user_id for record in records} == {"ada"}
    assert {record.actor for record in records} == {"operator"}


async def test_steps_come_in_order_and_the_outcome_last(cw: Clearway) -> None:
    events = [event async for event in cw.stream("total revenue", bypass_cache=True)]
    assert [event.node for event in events if isinstance(event, Step)] == ANSWERED_PATH
    assert isinstance(events[-1], Answered)


async def test_a_follow_up_stays_on_its_thread(cw: Clearway) -> None:
    await cw.ask("total revenue by region in 2025", thread_id="t")
    outcome = await cw.ask("total units sold", thread_id="t")
    assert isinstance(outcome, Answered)
    state = await cw.graph.aget_state({"configurable": {"thread_id": "t"}})
    assert [message.type for message in state.values["messages"]] == ["human", "ai"] * 2


async def test_turns_on_one_thread_wait_for_each_other(cw: Clearway) -> None:
    await asyncio.gather(*(cw.ask("total revenue", thread_id="busy") for _ in range(12)))
    state = await cw.graph.aget_state({"configurable": {"thread_id": "busy"}})
    assert len(state.values["messages"]) == 24


async def test_a_thread_belongs_to_whoever_began_it(cw: Clearway) -> None:
    await cw.ask("total revenue", user="ada", thread_id="adas")
    config = {"configurable": {"thread_id": "adas"}}
    said = {"messages": [HumanMessage("total revenue")]}
    with pytest.raises(IdentityError):
        async for _ in cw.graph.astream(
            said, config, context=Context(user="eve"), stream_mode="values"
        ):
            pytest.fail("the history was shown")
    denied = await cw.ask("total revenue", user="eve", thread_id="adas")
    assert denied.kind == "denied"
    records = await cw.get_audit_records(denied.trace_id)
    assert [record.status for record in records] == ["denied"]
    assert (await cw.ask("total revenue", user="ada", thread_id="adas")).kind == "answered"


async def test_the_parts_execute_nothing(cw: Clearway) -> None:
    assert cw.read("total revenue by region").dimensions
    assert cw.route("hello").tool == "none"
    assert isinstance(await cw.plan("total revenue by region"), SqlPlan)
    assert isinstance(cw.check_sql("SELECT sum(revenue) FROM demo.sales_fact"), CheckedSql)
    assert isinstance(cw.check_sql("SELECT * FROM demo.customers"), Rejection)
    assert len(cw.cache_key("total revenue")) == 64
    assert cw.cache_key("revenue in Q3 2025") != cw.cache_key("revenue in Q4 2025")
    assert await cw.get_audit_records() == []


async def test_a_cancelled_request_is_on_record(cw: Clearway) -> None:
    begun = asyncio.Event()

    class Stuck:
        async def run(self, *arguments: Any, **options: Any) -> Rows:
            begun.set()
            await asyncio.Event().wait()
            raise AssertionError

    sql: Any = cw.services.tools["sql"]
    sql.executor = Stuck()
    task = asyncio.create_task(cw.ask("total revenue", correlation_id="gone"))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    records = await cw.get_audit_records(correlation_id="gone")
    assert {record.step: record.status for record in records} == {
        "ask": "cancelled",
        "execute-1": "cancelled",
    }


@pytest.mark.parametrize("turns_of_the_loop", [1, 3, 8, 20, 50, 120, 300, 800])
async def test_whenever_a_caller_goes_nothing_stays_open(
    cw: Clearway, turns_of_the_loop: int
) -> None:
    asking = cw.ask("total revenue", correlation_id="gone", thread_id=f"t{turns_of_the_loop}")
    task = asyncio.create_task(asking)
    for _ in range(turns_of_the_loop):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    records = await cw.get_audit_records(correlation_id="gone")
    assert "open" not in {record.status for record in records}


@pytest.mark.parametrize(
    ("part", "method", "steps"),
    [
        ("limits", "admit", {"ask": "cancelled"}),
        ("cache", "remember", {"ask": "cancelled", "execute-1": "succeeded"}),
    ],
)
async def test_who_goes_while_a_part_is_waited_for_leaves_nothing_open(
    cw: Clearway, part: str, method: str, steps: dict[str, str]
) -> None:
    given, begun = getattr(cw.services, part), asyncio.Event()

    async def stuck(*arguments: Any, **options: Any) -> None:
        begun.set()
        await asyncio.Event().wait()

    class Waits:
        def __getattr__(self, name: str) -> Any:
            return stuck if name == method else getattr(given, name)

    object.__setattr__(cw.services, part, Waits())
    task = asyncio.create_task(cw.ask("total revenue", correlation_id="gone"))
    await begun.wait()
    task.cancel()
    await asyncio.wait([task])
    records = await cw.get_audit_records(correlation_id="gone")
    assert {record.step: record.status for record in records} == steps


async def test_a_reader_who_stops_listening_leaves_a_closed_record(cw: Clearway) -> None:
    async with aclosing(cw.stream("total revenue", correlation_id="half")) as events:
        assert isinstance(await anext(events), Step)
    records = await cw.get_audit_records(correlation_id="half")
    assert "open" not in {record.status for record in records}


async def test_a_question_is_text(cw: Clearway) -> None:
    with pytest.raises(TypeError, match="not NoneType"):
        await cw.ask(None)  # type: ignore[arg-type]


async def test_the_sql_parser_repeats_no_question(
    cw: Clearway, caplog: pytest.LogCaptureFixture
) -> None:
    await cw.ask("COMMENT ON TABLE sales_fact IS 'private words'")
    await cw.ask("Comment poser une question sur private words ?")
    assert "private words" not in caplog.text


async def test_a_lost_database_is_a_clear_failure_and_comes_back(cw: Clearway) -> None:
    admin = cw.wired.database.addresses.admin
    await _end_sessions(admin)
    outcome = await cw.ask("total revenue")
    assert outcome.kind in ("answered", "failed")
    if isinstance(outcome, Failed):
        assert outcome.error.error_type == "StoreUnavailable"
    assert (await cw.ask("total revenue")).kind == "answered"


async def test_health_looks_at_every_part_though_one_is_gone(cw: Clearway) -> None:
    assert all(part.ok for part in (await cw.health()).values())
    await cw.wired.warehouse.close()
    object.__setattr__(cw.wired, "warehouse", unreachable())
    found = await cw.health()
    assert [name for name, part in found.items() if not part.ok] == ["warehouse"]
    assert "CLEARWAY_WAREHOUSE_URL" in found["warehouse"].state


async def test_health_says_so_of_every_part_that_wants_a_redis_that_is_away(
    settings: Settings,
) -> None:
    away = settings.model_copy(update={"redis_url": SecretStr("redis://127.0.0.1:1/0")})
    async with Clearway.open(away, principal=OPERATOR) as opened:
        for _ in range(2):  # the second time the cache leaves Redis alone
            found = await opened.health()
            lost = {name: part.state for name, part in found.items() if not part.ok}
            assert set(lost) == {"limits", "cache"}
            for state in lost.values():
                assert "Redis does not answer" in state
                assert "CLEARWAY_REDIS_URL" in state


async def test_health_says_so_where_redis_answers_and_takes_nothing(settings: Settings) -> None:
    with redis_server() as server, redis.Redis(port=server.port) as client:
        full = settings.model_copy(update={"redis_url": SecretStr(server.url)})
        async with Clearway.open(full, principal=OPERATOR) as opened:
            assert (await opened.health())["limits"].ok
            client.config_set("maxmemory", 1)
            limits = (await opened.health())["limits"]
    assert not limits.ok
    assert "counted by each process for itself: Redis refused" in limits.state


async def test_health_says_so_where_vectors_are_wanted_and_the_store_keeps_none(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    wants = settings.model_copy(
        update={"embedding_url": "http://127.0.0.1:1/v1", "embedding_model": "letters"}
    )
    # A server's extensions are its own, so another is asked for: one all have, one none has.
    asked = "select name from pg_available_extensions where name = '{}'"
    async with Clearway.open(wants, principal=OPERATOR) as opened:
        monkeypatch.setattr(parts, "_VECTORS", asked.format("plpgsql"))
        kept = (await opened.health())["embeddings"]
        monkeypatch.setattr(parts, "_VECTORS", asked.format("nothing"))
        lost = (await opened.health())["embeddings"]
    assert (kept.ok, lost.ok) == (True, False)
    assert "no pgvector" in lost.state


def unreachable() -> AsyncConnectionPool[Any]:
    return AsyncConnectionPool("postgresql://nobody@127.0.0.1:1/nothing", open=False)


async def _end_sessions(admin: str) -> None:
    async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
        await connection.execute(
            "select pg_terminate_backend(pid, 60000) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )


async def test_a_drained_run_resumes_where_it_stopped(settings: Settings) -> None:
    durable = settings.model_copy(update={"durability": "sync"})
    async with Clearway.open(durable, principal=OPERATOR) as cw:
        sql: Any = cw.services.tools["sql"]
        inner = sql.executor

        class Drains:
            async def run(self, *arguments: Any, **options: Any) -> Rows:
                cw.drain()
                return await inner.run(*arguments, **options)

        sql.executor = Drains()
        outcome = await cw.ask("total revenue", thread_id="drained")
        assert isinstance(outcome, Failed)
        assert "shutting down" in outcome.message
    async with Clearway.open(durable, principal=OPERATOR) as cw:
        config = {"configurable": {"thread_id": "drained"}}
        out = await cw.graph.ainvoke(None, config, context=Context())
        assert out["outcome"]["kind"] == "answered"


async def test_no_secret_is_in_any_checkpoint_or_record(settings: Settings) -> None:
    key, mail = "sk-proj-0123456789abcdefghij", "bob@example.org"
    durable = settings.model_copy(update={"durability": "sync"})
    async with Clearway.open(durable, principal=OPERATOR) as cw:
        for text in (f"total fee for {key} and {mail}", f"total revenue, {mail}"):
            await cw.ask(text, thread_id="secretive")
        admin = cw.wired.database.addresses.admin
    with psycopg.connect(admin) as connection:
        for table in ("checkpoint_blobs", "checkpoints", "checkpoint_writes", "audit_private"):
            rows = connection.execute(f"select * from clearway.{table}".encode()).fetchall()
            assert rows
            assert key.encode() not in repr(rows).encode()
            assert mail not in repr(rows)


async def test_streams_do_not_lend_their_caller(cw: Clearway) -> None:
    carol = Principal(user="carol")
    stream = cw.stream("total revenue", principal=carol)
    await anext(stream)
    outcome = await cw.ask("total revenue", correlation_id="meanwhile")
    assert outcome.kind == "answered"
    await stream.aclose()
    records = await cw.get_audit_records("meanwhile")
    assert {record.user_id for record in records} == {"operator"}


def test_the_same_without_an_event_loop(settings: Settings) -> None:
    with SyncClearway.open(settings, principal=OPERATOR) as cw:
        assert cw.ask("total revenue by region").kind == "answered"
        assert cw.route("hello").tool == "none"
        events = list(cw.stream("total revenue"))
        assert next(event.node for event in events if isinstance(event, Step)) == "admit"
        assert isinstance(events[-1], Answered)
        assert isinstance(cw.plan("total revenue"), SqlPlan)


async def test_who_asks_decides_what_exists(cw: Clearway) -> None:
    guest = Principal(user="guest", tenant="other")
    outcome = await cw.ask("total revenue", principal=guest)
    assert outcome.kind == "answered"
    records = await cw.get_audit_records(outcome.trace_id)
    assert {record.tenant for record in records} == {"other"}


def test_addresses_never_show_their_passwords() -> None:
    shown = repr(Addresses(admin="a:pw", owner="a:pw", app="a:pw", reader="a:pw"))
    assert "pw" not in shown


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ({"threshold": 3}, "did you mean 'confidence_threshold'?"),
        ({"foo": 1}, "There is no option 'foo'. The options are bypass_cache"),
    ],
)
async def test_an_option_there_is_not_is_said_and_nothing_is_asked(
    cw: Clearway, option: dict[str, Any], told: str
) -> None:
    with pytest.raises(TypeError) as error:
        await cw.ask("total revenue by region", **option)
    assert told in str(error.value)
    with pytest.raises(TypeError):
        await anext(cw.stream("total revenue by region", **option))
    assert await cw.get_audit_records() == []


async def test_an_outcome_names_the_conversation_it_was_asked_in(cw: Clearway) -> None:
    assert (await cw.ask("total revenue by region", thread_id="named")).thread_id == "named"
    assert (await cw.ask("total revenue by region")).thread_id is None
