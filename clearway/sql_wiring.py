"""What stands between a plan of SQL and the warehouse: checked, proven, then run."""

from __future__ import annotations

from dataclasses import dataclass

from clearway.resilience.bulkhead import Bulkhead
from clearway.semantics.types import Catalog
from clearway.settings import Settings
from clearway.stores.keys import Keys
from clearway.tools.sql.costs import PlanCosts
from clearway.tools.sql.execute import PostgresExecutor
from clearway.tools.sql.guard import SqlInterlock
from clearway.tools.sql.memo import RememberedInterlock
from clearway.tools.sql.prover import Ceiling, PostgresProver
from clearway.tools.sql.session import Pool, SessionSettings


@dataclass(frozen=True, kw_only=True)
class SqlRun:
    """The steps of a statement on its way to the warehouse."""

    interlock: SqlInterlock
    remembered: RememberedInterlock
    """The interlock, with what it said of statements before."""
    prover: PostgresProver
    executor: PostgresExecutor


def sql_run(settings: Settings, warehouse: Pool, catalog: Catalog, keys: Keys) -> SqlRun:
    """Return the steps, which share one session and what plans were seen to cost."""
    costs, session = PlanCosts(), read_session(settings, keys)
    interlock = SqlInterlock(
        catalog,
        row_limit=settings.row_limit,
        limit_mode=settings.limit_mode,
        strict_semicolons=settings.strict_semicolons,
        extra_functions=settings.sql_functions,
    )
    return SqlRun(
        interlock=interlock,
        remembered=RememberedInterlock(interlock),
        prover=PostgresProver(
            warehouse,
            session=session,
            ceiling=Ceiling(cost=settings.max_plan_cost, rows=settings.max_plan_rows),
            role_ceilings=role_ceilings(settings),
            costs=costs,
            extra_functions=settings.sql_functions,
        ),
        executor=PostgresExecutor(
            warehouse,
            session=session,
            result_bytes_limit=settings.result_bytes_limit,
            costs=costs,
            costly=settings.costly_plan_cost,
            bulkhead=costly_bulkhead(settings),
        ),
    )


def read_session(settings: Settings, keys: Keys) -> SessionSettings:
    """Return what reads are held to; pseudonyms are those of this deployment alone."""
    return SessionSettings(
        statement_timeout_s=settings.statement_timeout_s,
        mask_key=keys.derive("mask").hex(),
    )


def role_ceilings(settings: Settings) -> dict[str, Ceiling]:
    """Return the ceilings of roles that have their own."""
    return {
        role: Ceiling(cost=cost, rows=settings.max_plan_rows)
        for role, cost in settings.role_plan_costs.items()
    }


def costly_bulkhead(settings: Settings) -> Bulkhead:
    """Return the places for costly statements; one connection is always left for cheap ones."""
    return Bulkhead(
        "costly questions",
        limit=min(settings.costly_at_once, settings.pool_size - 1),
        queue=settings.costly_waiting,
        wait_s=settings.costly_wait_s,
    )
