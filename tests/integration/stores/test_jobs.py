"""Maintenance over a real database: what goes, what stays, and who does it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, TypedDict

import pytest
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import END, START, StateGraph

from clearway.errors import ExecutionError
from clearway.identity import Principal
from clearway.llm.guards.guardrails import PatternRedactor
from clearway.resilience.clock import FakeClock
from clearway.resilience.scheduler import JobRun, Scheduler
from clearway.settings import Settings
from clearway.stores import jobs
from clearway.stores.audit.trail import PostgresAuditTrail
from clearway.stores.audit.verify import verify_audit
from clearway.stores.conversations.checkpoints import checkpointer
from clearway.stores.conversations.threads import open_threads
from clearway.stores.instance import Instance
from clearway.stores.jobs import Housekeeping
from clearway.stores.keys import load_keys
from clearway.stores.models.admission_postgres import PostgresAdmission
from clearway.stores.models.spend import all_spend
from clearway.stores.plans.upkeep import open_upkeep
from clearway.stores.postgres import VARIABLE, Database
from clearway.stores.roster import PostgresRoster
from clearway.stores.writes import write_guard
from tests.attempts import DONE, attempt
from tests.integration.conftest import ELSEWHERE

from .test_audit import intent, outcome

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

ADA = Principal(user="ada")


class Count(TypedDict):
    total: Annotated[int, lambda before, more: before + more]


@dataclass
class House:
    database: Database
    clock: FakeClock
    keeping: Housekeeping
    audit: PostgresAuditTrail
    saver: AsyncPostgresSaver

    async def run(self, job: str, *, dry_run: bool = False) -> str:
        roster = PostgresRoster(self.database.pool)
        scheduler = Scheduler(self.keeping.jobs(), roster, self.clock, owner="test")
        (run,) = await scheduler.by_hand([job], dry_run=dry_run)
        assert run.success, run.detail
        return run.detail

    async def talk(self, thread: str, turns: int) -> None:
        async def one(state: Count) -> Count:
            return {"total": 1}

        builder = StateGraph(Count)
        builder.add_node("one", one)
        builder.add_edge(START, "one")
        builder.add_edge("one", END)
        graph = builder.compile(checkpointer=self.saver)
        config = {"configurable": {"thread_id": thread}}
        async with (
            open_threads(self.database.addresses.app, size=2) as threads,
            threads.turn(thread, ADA),
        ):
            for _ in range(turns):
                await graph.ainvoke({"total": 0}, config, durability="exit")

    async def kept(self) -> dict[str, int]:
        query = "select thread_id, count(*) as kept from checkpoints group by thread_id"
        async with self.database.pool.connection() as connection:
            rows = await (await connection.execute(query)).fetchall()
        return {row["thread_id"]: row["kept"] for row in rows}

    async def owned(self) -> set[str]:
        async with self.database.pool.connection() as connection:
            rows = await (await connection.execute("select thread_id from thread")).fetchall()
        return {row["thread_id"] for row in rows}


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    settings = Settings(
        _env_file=None, warehouse_url=ELSEWHERE, audit_retention_days=365, history_max_plans=3
    )
    clock, keys = FakeClock(datetime.now(UTC)), await load_keys(database.pool)
    async with (
        open_upkeep(settings, database.pool, clock) as upkeep,
        Instance(database.addresses.app, VARIABLE) as instance,
    ):
        keeping = Housekeeping(
            settings=settings,
            database=database,
            upkeep=upkeep,
            clock=clock,
            keys=keys,
            redactor=PatternRedactor(),
            instance=instance.current,
        )
        audit = PostgresAuditTrail(keys=keys, redactor=PatternRedactor(), instance=instance)
        saver = checkpointer(database.pool, PatternRedactor())
        yield House(database, clock, keeping, audit, saver)


async def test_idle_conversations_go_and_quiet_ones_keep_their_latest_state(house: House) -> None:
    await house.talk("long", turns=3)
    await house.talk("short", turns=1)
    assert await house.run("threads") == "0 conversations removed, 0 shortened"
    house.clock.advance(8 * 86_400)
    assert await house.run("threads", dry_run=True) == "0 conversations to remove, 1 to shorten"
    assert await house.kept() == {"long": 3, "short": 1}
    assert await house.run("threads") == "0 conversations removed, 1 shortened"
    assert await house.kept() == {"long": 1, "short": 1}
    config = {"configurable": {"thread_id": "long"}}
    latest = await house.saver.aget(config)
    assert latest is not None
    assert latest["channel_values"]["total"] == 3, "what a follow-up needs is there"
    house.clock.advance(23 * 86_400)
    assert await house.run("threads") == "2 conversations removed, 0 shortened"
    assert (await house.kept(), await house.owned()) == ({}, set())


async def test_a_conversation_that_is_never_quiet_is_shortened_too(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MOST_CHECKPOINTS", 3)
    await house.talk("busy", turns=3)
    house.clock.advance(1)
    assert await house.run("threads") == "0 conversations removed, 0 shortened"
    await house.talk("busy", turns=1)
    assert await house.run("threads") == "0 conversations removed, 1 shortened"
    assert await house.kept() == {"busy": 1}
    await house.talk("busy", turns=1)
    latest = await house.saver.aget({"configurable": {"thread_id": "busy"}})
    assert latest is not None
    assert latest["channel_values"]["total"] == 5


async def test_a_conversation_that_is_held_is_left_alone(house: House) -> None:
    await house.talk("held", turns=1)
    house.clock.advance(31 * 86_400)
    async with (
        open_threads(house.database.addresses.app, size=1) as threads,
        threads.turn("held", ADA),
    ):
        assert await house.run("threads") == "0 conversations removed, 0 shortened"
    assert await house.owned() == {"held"}
    assert await house.run("threads") == "1 conversation removed, 0 shortened"


async def test_interrupted_requests_are_closed_and_our_own_are_not(house: House) -> None:
    async with Instance(house.database.addresses.app, VARIABLE) as other:
        gone = PostgresAuditTrail(
            keys=house.keeping.keys, redactor=PatternRedactor(), instance=other
        )
        await gone.append(intent("theirs", at=house.clock.now()))
        await house.audit.append(intent("ours", at=house.clock.now()))
        assert await house.run("interrupted") == "0 requests closed as interrupted"
    assert await house.run("interrupted", dry_run=True) == "1 request to close"
    assert await house.run("interrupted") == "1 request closed as interrupted"
    assert await house.run("interrupted") == "0 requests closed as interrupted"


async def test_the_model_calls_of_a_dead_process_are_settled(house: House) -> None:
    admission = PostgresAdmission(house.database.pool, house.database.addresses.app)
    await admission.enter(attempt(lease_s=0.001))
    await admission.close()
    settled = "1 model call settled at the worst case"

    assert await house.run("attempts", dry_run=True) == "1 model call to settle"
    assert await house.run("attempts") == settled
    assert await house.run("attempts") == settled.replace("1 model call", "0 model calls")


async def test_a_ceiling_that_is_reached_is_told_and_old_calls_go(house: House) -> None:
    admission = PostgresAdmission(house.database.pool, house.database.addresses.app)
    made = attempt()
    await admission.enter(made)
    await admission.leave(made.attempt_id, DONE)
    assert (await house.run("alerts")).startswith("nothing to do")
    ceilings = {"provider_ceilings_usd": {"p": DONE.cost_usd}, "daily_ceiling_usd": Decimal(9)}
    house.keeping = replace(
        house.keeping, settings=house.keeping.settings.model_copy(update=ceilings)
    )
    assert await house.run("alerts", dry_run=True) == "1 ceiling reached"
    assert await house.run("alerts") == "told of p"
    assert await house.run("alerts") == "nothing new to tell"

    assert await house.run("ledger") == "0 model calls removed"
    house.clock.advance(366 * 86_400)
    open_still = attempt()
    await admission.enter(open_still)
    assert await house.run("ledger", dry_run=True) == "1 model call to remove"
    assert await house.run("ledger") == "1 model call removed", "what is under way stays"
    (spend,) = await all_spend(house.database.pool)
    assert (spend.attempts, spend.cost_usd) == (1, DONE.cost_usd)
    await admission.close()


async def test_old_records_go_and_the_chains_still_verify(house: House) -> None:
    await house.audit.append(intent("old"), outcome(intent("old")))
    assert await house.run("audit-retention") == "0 records removed"
    house.clock.advance(366 * 86_400)
    assert await house.run("audit-retention", dry_run=True) == "at most 2 records to remove"
    assert await house.run("audit-retention") == "2 records removed"
    assert (await verify_audit(house.database.pool, keys=house.keeping.keys)).intact


async def test_the_history_keeps_to_its_time_and_number(house: House) -> None:
    async with house.database.pool.connection() as connection:
        await connection.execute(
            "insert into plan_history (key, tenant, source_id, question, plan, planned_by,"
            " created_at, last_used_at, execution_ms, row_count, use_count)"
            " select 'k' || n, 't', 's', 'q', '{}', 'rules', %(now)s,"
            " %(now)s - make_interval(days => n * 10), 1, 1, 1"
            " from generate_series(0, 9) as n",
            {"now": house.clock.now()},
        )
    assert await house.run("history", dry_run=True) == "7 plans to remove"
    assert await house.run("plans") == "2 plans dropped", "a fifth of ten"
    assert await house.run("history") == "5 plans removed"
    assert await house.run("plans") == "3 plans kept, 3 may be"


async def test_one_process_leads_and_what_it_did_is_known_to_all(house: House) -> None:
    ours, theirs = (PostgresRoster(house.database.pool) for _ in range(2))
    assert await ours.lead("one", 60)
    assert not await theirs.lead("other", 60)
    assert await ours.lead("one", 0)
    while not await theirs.lead("other", 60):
        pass
    await theirs.resign("one")
    assert not await ours.lead("one", 60), "only the owner gives a lease back"
    await theirs.resign("other")
    assert await ours.lead("one", 60)
    async with house.database.pool.connection() as connection:
        await connection.execute("update maintenance_lease set until = until + interval '1 year'")
    assert await theirs.lead("other", 60), "the clock was set back since"
    run = JobRun(
        job="demo", began_at=house.clock.now(), took_ms=1.5, success=False, detail="x", failures=2
    )
    await ours.record(run)
    assert (await theirs.runs())["demo"] == run


async def test_audit_retention_is_off_by_default(house: House) -> None:
    off = house.keeping.settings.model_copy(update={"audit_retention_days": None})
    house.keeping = Housekeeping(**{**vars(house.keeping), "settings": off})
    house.clock.advance(timedelta(days=4000).total_seconds())
    assert "not set" in await house.run("audit-retention")


async def test_old_feedback_is_looked_for_every_day_unless_it_is_kept_for_good(
    house: House,
) -> None:
    assert "feedback" in {job.name for job in house.keeping.jobs()}
    assert (
        await house.run("feedback", dry_run=True) == "0 marks to remove or to take the names from"
    )
    assert await house.run("feedback") == "0 marks removed, 0 kept without names"
    kept = house.keeping.settings.model_copy(update={"feedback_retention_days": None})
    house.keeping = Housekeeping(**{**vars(house.keeping), "settings": kept})
    assert "not set" in await house.run("feedback")


async def test_writes_to_services_are_forgotten_when_they_are_old(house: House) -> None:
    settings = house.keeping.settings
    guard = write_guard(settings, house.database.pool, house.keeping.keys)
    asked_at = house.clock.now()
    assert await guard.claim("r-1", call="c", asked_at=asked_at, at=asked_at) == "claimed"
    assert await house.run("writes") == "0 writes forgotten"
    house.clock.advance(366 * 86_400)
    assert await house.run("writes", dry_run=True) == "1 write to forget"
    assert await house.run("writes") == "1 write forgotten"
    with pytest.raises(ExecutionError, match="too long ago"):
        await guard.claim("r-1", call="c", asked_at=asked_at, at=house.clock.now())
    kept = settings.model_copy(update={"write_retention_days": None})
    house.keeping = Housekeeping(**{**vars(house.keeping), "settings": kept})
    assert "not set" in await house.run("writes")
