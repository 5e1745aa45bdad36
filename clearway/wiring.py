"""Put the parts together: the only module that knows who implements a port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

from clearway.calibration import load_calibration
from clearway.environment import process_environment
from clearway.graph.ports import Identity, PlannerModel, Policy, Services
from clearway.graph.threads import Threads
from clearway.llm.embeddings.choose import choose_embedder
from clearway.llm.guards.guardrails import PatternRedactor
from clearway.llm.guards.screen import GuardScreen
from clearway.model_routes import model_named
from clearway.models import Models, model_router, open_models, planner_of
from clearway.resilience.clock import SystemClock, SystemIds
from clearway.resilience.scheduler import Scheduler, in_background
from clearway.resilience.single_flight import SingleFlight
from clearway.semantics.glossary import with_accepted
from clearway.semantics.routing.vocabulary import NO_SERVICES
from clearway.semantics.types import Catalog
from clearway.semantics.understanding import Understanding
from clearway.services import open_rest
from clearway.settings import Settings
from clearway.sql_wiring import sql_run
from clearway.stores.audit.read import AuditRecord, get_audit_records
from clearway.stores.audit.trail import PostgresAuditTrail
from clearway.stores.conversations.checkpoints import checkpointer
from clearway.stores.conversations.threads import open_threads
from clearway.stores.documents.search import PostgresDocuments
from clearway.stores.feedback import PostgresFeedback
from clearway.stores.glossary import PostgresGlossary
from clearway.stores.instance import Instance
from clearway.stores.jobs import Housekeeping
from clearway.stores.keys import load_keys
from clearway.stores.limits import open_limits_of
from clearway.stores.plans.cache import TieredPlanCache
from clearway.stores.plans.doubts import doubts_of
from clearway.stores.plans.flights import PostgresFlights
from clearway.stores.plans.key import PLANNER_VERSION, KeyScope
from clearway.stores.plans.upkeep import PlanUpkeep, open_upkeep
from clearway.stores.postgres import Database, open_database
from clearway.stores.roster import PostgresRoster
from clearway.stores.seal import HmacSeal
from clearway.stores.service_calls import open_service_calls
from clearway.stores.sweep import sweep
from clearway.stores.writes import write_guard
from clearway.telemetry import guard_traces, quiet_libraries
from clearway.tools.docs.tool import DocsTool
from clearway.tools.rest.planning.vocabulary import spoken
from clearway.tools.rest.tool import RestTool
from clearway.tools.sql.defined import DefinedTerms
from clearway.tools.sql.exposure import require_reader
from clearway.tools.sql.guard import SqlInterlock
from clearway.tools.sql.lookup import SqlLookups
from clearway.tools.sql.planning import SqlPlanner
from clearway.tools.sql.prover import PostgresProver
from clearway.tools.sql.row_policies import has_row_policies
from clearway.tools.sql.session import Pool
from clearway.tools.sql.tool import SqlTool
from clearway.warehouse import load_catalog, open_warehouse


@dataclass(frozen=True, kw_only=True)
class Wired:
    """Everything one process holds open."""

    settings: Settings
    services: Services
    checkpointer: AsyncPostgresSaver
    threads: Threads
    database: Database
    warehouse: Pool
    catalog: Catalog
    audit: PostgresAuditTrail
    interlock: SqlInterlock
    prover: PostgresProver
    models: Models
    upkeep: PlanUpkeep
    feedback: PostgresFeedback
    rest: RestTool | None
    """None where no services are declared."""

    async def audit_records(
        self,
        *,
        correlation_id: str | None,
        input_hash: str | None,
        user_id: str | None,
        limit: int,
    ) -> list[AuditRecord]:
        """Return what is on record, newest first."""
        return await get_audit_records(
            self.database.pool,
            correlation_id=correlation_id,
            input_hash=input_hash,
            user_id=user_id,
            limit=limit,
        )


@asynccontextmanager
async def open_parts(settings: Settings, *, identity: Identity) -> AsyncIterator[Wired]:
    """Open the database and the warehouse, repair what a crash left, and bind the ports."""
    clock, redactor = SystemClock(), PatternRedactor()
    quiet_libraries()
    guard_traces(redactor)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(settings, now=clock.now()))
        keys = await load_keys(database.pool)
        instance = await stack.enter_async_context(
            Instance(database.addresses.app, "CLEARWAY_DATABASE_URL")
        )
        await sweep(database.pool, instance=await instance.current(), now=clock.now())
        warehouse = await stack.enter_async_context(open_warehouse(settings, database))
        glossary = PostgresGlossary(database.pool, redactor)
        accepted = await glossary.accepted(settings.source_id)
        catalog = with_accepted(await load_catalog(settings, warehouse), accepted)
        if settings.warehouse_url is not None:
            await require_reader(
                warehouse, catalog, allow_privileged=settings.allow_privileged_warehouse_role
            )
        threads = await stack.enter_async_context(
            open_threads(database.addresses.app, size=settings.pool_size)
        )
        per_user = any(t.row_filter for t in catalog.tables) or await has_row_policies(warehouse)
        upkeep = await stack.enter_async_context(open_upkeep(settings, database.pool, clock))
        models = await stack.enter_async_context(open_models(settings, database, clock))
        audit = PostgresAuditTrail(keys=keys, redactor=redactor, instance=instance)
        run = sql_run(settings, warehouse, catalog, keys)
        feedback = PostgresFeedback(database.pool, run.remembered, source_id=settings.source_id)
        calls = await stack.enter_async_context(open_service_calls(settings, database.pool, clock))
        rest = await stack.enter_async_context(
            open_rest(
                settings,
                clock,
                hide=GuardScreen(secrets=True, personal=False).answer,
                model=models.answers,
                guard=write_guard(settings, database.pool, keys),
                calls=calls,
            )
        )
        semantics = Understanding(
            catalog,
            week_start=settings.week_start,
            fiscal_year_start_month=settings.fiscal_year_start_month,
            services=spoken(rest.registry) if rest else NO_SERVICES,
        )
        cache = TieredPlanCache(
            clock,
            redactor,
            scope=key_scope(
                settings,
                catalog,
                per_user=per_user or (rest is not None and rest.per_user),
                services=rest.registry.version if rest else "",
            ),
            fast=upkeep.fast,
            history=upkeep.history,
            max_bytes=settings.cache_max_bytes,
        )
        docs = DocsTool(
            PostgresDocuments(database.pool),
            embedder=choose_embedder(settings),
            model=models.answers,
            model_timeout_s=settings.model_timeout_s,
        )
        sql = SqlTool(
            planner=SqlPlanner(
                semantics=semantics,
                model=models.planner,
                flights=SingleFlight(clock, beyond=PostgresFlights(database.pool, clock)),
                cache=cache,
                verified=feedback,
                policy=policy(settings),
                prompt=(files("clearway.nodes") / "prompts" / "plan.md").read_text("utf-8"),
                terms=DefinedTerms(docs, semantics),
            ),
            semantics=semantics,
            interlock=run.remembered,
            prover=run.prover,
            executor=run.executor,
            calibration=load_calibration(settings),
            policy=policy(settings),
        )
        services = Services(
            clock=clock,
            ids=SystemIds(),
            identity=identity,
            limits=await stack.enter_async_context(open_limits_of(settings, database.pool, clock)),
            semantics=semantics,
            tools={"sql": sql, "docs": docs, **({"rest": rest} if rest else {})},
            lookups=SqlLookups(
                clock=clock,
                interlock=run.remembered,
                prover=run.prover,
                executor=run.executor,
                audit=audit,
            ),
            cache=cache,
            audit=models.judged(audit),
            redactor=redactor,
            screen=GuardScreen(secrets=settings.hides_secrets, personal=settings.hides_personal),
            seal=HmacSeal(keys),
            glossary=glossary,
            verified=feedback,
            policy=policy(settings),
        )
        if settings.background_maintenance:
            work = Housekeeping(
                settings=settings,
                database=database,
                upkeep=upkeep,
                clock=clock,
                keys=keys,
                redactor=redactor,
                instance=instance.current,
            )
            roster, owner = PostgresRoster(database.pool), SystemIds().trace_id()
            scheduler = Scheduler(work.jobs(), roster, clock, owner=owner)
            await stack.enter_async_context(in_background(scheduler))
        yield Wired(
            settings=settings,
            services=services,
            checkpointer=checkpointer(database.pool, redactor),
            threads=threads,
            database=database,
            warehouse=warehouse,
            catalog=catalog,
            audit=audit,
            interlock=run.interlock,
            prover=run.prover,
            models=models,
            upkeep=upkeep,
            feedback=feedback,
            rest=rest,
        )


def policy(settings: Settings) -> Policy:
    """Return the part of the settings that nodes go by."""
    return Policy(
        source_id=settings.source_id,
        confidence_threshold=settings.confidence_threshold,
        min_confidence_threshold=settings.min_confidence_threshold,
        max_question_chars=settings.max_question_chars,
        request_timeout_s=settings.request_timeout_s,
        model_timeout_s=settings.model_timeout_s,
        clarify_rounds=settings.clarify_rounds,
        repair_rounds=settings.repair_rounds,
        preview_rows=settings.preview_rows,
        row_limit=settings.row_limit,
        timezone=settings.timezone,
        approval_plan_cost=settings.approval_plan_cost,
        model_samples=settings.model_samples,
    )


def key_scope(
    settings: Settings, catalog: Catalog, *, per_user: bool, services: str = ""
) -> KeyScope:
    """Return what the keys of all kept plans of these settings have in common."""
    named = model_named(settings)
    planner = f"{PLANNER_VERSION} {named}" if named else PLANNER_VERSION
    return KeyScope(
        source_id=settings.source_id,
        catalog_version=catalog.version,
        planner=f"{planner} {services}".strip(),
        per_user=per_user,
        doubts=doubts_of(catalog),
    )


def planner_model(settings: Settings) -> PlannerModel | None:
    """Return the model the settings name, or None without a key: that is a mode, not a failure."""
    router = model_router(settings, process_environment())
    return None if router is None else planner_of(settings, router)
