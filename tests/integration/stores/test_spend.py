"""Reports and alerts: what the ledger adds up to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest

from clearway.stores.models.admission_postgres import PostgresAdmission
from clearway.stores.models.spend import all_latency, all_spend, spent_today
from clearway.stores.models.spend_alerts import SpendAlerts
from clearway.stores.postgres import Database
from tests.attempts import DONE, FAILED, attempt

pytestmark = [pytest.mark.integration, pytest.mark.anyio]


@pytest.fixture
async def calls(database: Database) -> AsyncIterator[Database]:
    """Ada called m a hundred times, and n once in vain; Bob of another tenant called m once."""
    admission = PostgresAdmission(database.pool, database.addresses.app)
    for number in range(100):
        each = attempt(purses=[])
        await admission.enter(each)
        await admission.leave(each.attempt_id, replace(DONE, latency_s=0.09 if number else 9.0))
    for each, result in (
        (attempt(purses=[], model="n"), FAILED),
        (
            attempt(purses=[], user="bob", tenant="south"),
            replace(DONE, cost_usd=Decimal("2.50"), estimated=True, latency_s=1.0),
        ),
    ):
        await admission.enter(each)
        await admission.leave(each.attempt_id, result)
    yield database
    await admission.close()


async def test_spend_by_model_user_tenant_and_day(calls: Database) -> None:
    models = await all_spend(calls.pool, by="model")
    users = await all_spend(calls.pool, by="user")
    tenants = await all_spend(calls.pool, by="tenant")
    (day,) = await all_spend(calls.pool, by="day")

    assert [(m.name, m.attempts, m.failed, m.cost_usd, m.estimated_usd) for m in models] == [
        ("p/m", 101, 0, Decimal("3.50"), Decimal("2.50")),
        ("p/n", 1, 1, 0, 0),
    ]
    assert [(u.name, u.cost_usd) for u in users] == [
        ("south/bob", Decimal("2.50")),
        ("north/ada", Decimal("1.00")),
    ]
    assert [(t.name, t.attempts, t.prompt_tokens) for t in tenants] == [
        ("south", 1, 30),
        ("north", 101, 3000),
    ]
    assert (day.attempts, day.cost_usd, day.completion_tokens) == (102, Decimal("3.50"), 1010)
    tomorrow = date.fromisoformat(day.name) + timedelta(days=1)
    assert await all_spend(calls.pool, since=tomorrow) == []


async def test_latency_counts_successes_only(calls: Database) -> None:
    (model,) = await all_latency(calls.pool, by="model")
    (day,) = await all_latency(calls.pool, by="day")
    users = await all_latency(calls.pool, by="user")

    assert (model.name, model.succeeded, model.max_s) == ("p/m", 101, 9.0)
    assert model.average_s == pytest.approx((99 * 0.09 + 9 + 1) / 101)
    assert model.p50_s is not None
    assert 0.09 <= model.p50_s < 0.09 * 1.42
    assert model.p95_s == model.p50_s
    assert (day.p50_s, day.succeeded) == (model.p50_s, 101)
    assert [(user.name, user.p50_s) for user in users] == [("north/ada", None), ("south/bob", None)]


async def test_a_ceiling_that_is_reached_is_told_once_a_day(
    calls: Database, caplog: pytest.LogCaptureFixture
) -> None:
    received = asyncio.Queue[dict[str, str]]()

    async def hook(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split()[0])
        received.put_nowait(json.loads(await reader.readexactly(length)))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    ceilings = {"p": Decimal("3.50"), "other": Decimal(1), None: Decimal("3.51")}
    async with await asyncio.start_server(hook, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        alerts = [
            SpendAlerts(calls.pool, ceilings, webhook=f"http://127.0.0.1:{port}/") for _ in "ab"
        ]
        told = await asyncio.gather(*(each.check() for each in alerts))
        again = await alerts[0].check()

    assert [alert.ceiling for each in told for alert in each] == ["p"]
    assert again == []
    assert received.get_nowait()["spent_usd"] == "3.5"
    assert received.empty()
    assert caplog.messages.count("daily_ceiling_reached") == 1
    assert await alerts[0].over() == {"p"}
    assert await spent_today(calls.pool) == Decimal("3.50")


async def test_a_webhook_that_fails_is_logged_without_its_address(
    calls: Database, caplog: pytest.LogCaptureFixture
) -> None:
    alerts = SpendAlerts(
        calls.pool, {None: Decimal(1)}, webhook="http://127.0.0.1:1/services/secret-token"
    )

    assert [alert.ceiling for alert in await alerts.check()] == ["all providers"]
    assert "alert_webhook_failed" in caplog.messages
    assert not any("secret-token" in str(vars(record)) for record in caplog.records
                   if record.name.startswith("clearway"))  # fmt: skip


async def test_reports_read_what_is_added_up_and_not_the_ledger(calls: Database) -> None:
    with psycopg.connect(calls.addresses.admin, autocommit=True) as connection:
        connection.execute("truncate clearway.llm_attempt")

    assert [model.attempts for model in await all_spend(calls.pool)] == [101, 1]
