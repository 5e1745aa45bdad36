"""The database's own view of a checked statement: EXPLAIN, nothing executed."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from clearway.identity import Principal
from clearway.plans import CheckedSql, Proof, Rejection
from clearway.tools.sql.costs import PlanCosts
from clearway.tools.sql.failures import describe, is_connection_lost
from clearway.tools.sql.guard import STANDARD
from clearway.tools.sql.session import (
    Connection,
    Pool,
    SessionSettings,
    begin,
    end,
    lend,
    unavailable,
)

MAX_CLOSURES = 1024
BUILT_WIDTH = 300.0
"""Up to here what a row adds to a list is about as wide as what is stored."""

_CLOSURE = """
WITH RECURSIVE reads(oid) AS (
    SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname || '.' || c.relname = ANY(%s)
  UNION
    SELECT next.oid FROM reads r CROSS JOIN LATERAL (
        SELECT d.refobjid FROM pg_rewrite w JOIN pg_depend d
          ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
         AND d.refclassid = 'pg_class'::regclass
        WHERE w.ev_class = r.oid
      UNION ALL
        SELECT i.inhrelid FROM pg_inherits i WHERE i.inhparent = r.oid
      UNION ALL
        SELECT d.refobjid FROM pg_policy p JOIN pg_depend d
          ON d.classid = 'pg_policy'::regclass AND d.objid = p.oid
         AND d.refclassid = 'pg_class'::regclass
        WHERE p.polrelid = r.oid
    ) AS next(oid)
)
SELECT DISTINCT n.nspname || '.' || c.relname
FROM reads JOIN pg_class c ON c.oid = reads.oid JOIN pg_namespace n ON n.oid = c.relnamespace
"""


_COLLECTING = re.compile(r"\b(?:array|string|xml|range|jsonb?(?:_object)?)_?agg\w*\(")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """How costly a statement may be, in the planner's own units and rows."""

    cost: float = 5e5
    rows: float = 5e7
    collected_bytes: float = 1e8
    """Most that array_agg and its kin may gather: the planner does not cost their memory."""


class PostgresProver:
    """Implements `Prover`: plans the statement under the reader role and judges the plan."""

    def __init__(
        self,
        pool: Pool,
        *,
        session: SessionSettings | None = None,
        ceiling: Ceiling | None = None,
        role_ceilings: Mapping[str, Ceiling] | None = None,
        costs: PlanCosts | None = None,
        extra_functions: frozenset[str] = frozenset(),
    ) -> None:
        """Hold the pool; a principal gets the highest ceiling of its roles, or the common one.

        `costs` is shared with the executor, which queues what is costly. `extra_functions` may
        appear in plans beside the standard ones. A view's own functions are not judged.
        """
        self._functions = extra_functions
        self._costs = costs or PlanCosts()
        self._pool = pool
        self._session = session or SessionSettings()
        self._ceiling = ceiling or Ceiling()
        self._role_ceilings = dict(role_ceilings or {})
        self._closures: OrderedDict[tuple[str, ...], frozenset[str]] = OrderedDict()

    async def prove(
        self, checked: CheckedSql, principal: Principal, *, timeout_s: float
    ) -> Proof | Rejection:
        """Return cost and relations from EXPLAIN, or why the statement may not run.

        Raises `StoreUnavailable` when the warehouse cannot be reached.
        """
        for last in (False, True):
            try:
                async with lend(self._pool, timeout_s=timeout_s) as connection:
                    values = self._session.values(
                        principal, trace_id="explain", timeout_s=timeout_s
                    )
                    plan, closure = await self._explain(connection, checked, values)
                    verdict = self._judge(plan, closure, checked, principal)
                    if isinstance(verdict, Proof):
                        self._costs.note(checked.sql, verdict.cost)
                    return verdict
            except psycopg.Error as error:
                if not is_connection_lost(error):
                    return _from_error(error)
                if last:
                    raise unavailable() from None
            await self._pool.check()
        raise AssertionError("the second attempt returns or raises")

    async def _explain(
        self, connection: Connection, checked: CheckedSql, values: dict[str, str]
    ) -> tuple[dict[str, Any], frozenset[str]]:
        cursor = connection.cursor(row_factory=tuple_row)
        known = checked.relations in self._closures
        try:
            async with connection.pipeline():
                await begin(connection, values)
                await cursor.execute(f"EXPLAIN (FORMAT JSON, VERBOSE) {checked.sql}".encode())
                if known:  # nothing more is asked: the end travels along
                    await connection.execute("ROLLBACK")
            row = await cursor.fetchone()
            closure = await self._closure(connection, checked.relations)
        except psycopg.Error:
            await end(connection)
            raise
        await end(connection)
        return _plan(row[0] if row else ""), closure

    async def _closure(self, connection: Connection, named: tuple[str, ...]) -> frozenset[str]:
        """Return the named relations and all that views, partitions and policies read for them."""
        if named in self._closures:
            self._closures.move_to_end(named)
            return self._closures[named]
        cursor = connection.cursor(row_factory=tuple_row)
        await cursor.execute(_CLOSURE, [list(named)])
        closure = frozenset(str(row[0]) for row in await cursor.fetchall())
        self._closures[named] = closure
        if len(self._closures) > MAX_CLOSURES:
            self._closures.popitem(last=False)
        return closure

    def _judge(
        self,
        plan: dict[str, Any],
        closure: frozenset[str],
        checked: CheckedSql,
        principal: Principal,
    ) -> Proof | Rejection:
        if not plan:
            return _rejection(
                "refused", "The database does not plan this as a read.", "Write one SELECT."
            )
        nodes = list(_nodes(plan))
        relations = {
            f"{node.get('Schema', '')}.{node['Relation Name']}"
            for node in nodes
            if "Relation Name" in node
        }
        if relations - closure:
            return _rejection(
                "relations",
                "The database would read more than the statement names.",
                "Read the tables of the catalog directly.",
            )
        called = {str(node["Function Name"]) for node in nodes if "Function Name" in node}
        if (
            closure <= set(checked.relations)
            and called - STANDARD.table_functions - self._functions
        ):
            return _rejection(
                "functions",
                "The database would call a function that is not allowed.",
                "Use generate_series, unnest and the JSON functions in FROM.",
            )
        beyond = _beyond(self._ceiling_of(principal), plan, nodes, checked.collected_width)
        if beyond is not None:
            return beyond
        cost, top = float(plan.get("Total Cost", 0.0)), float(plan.get("Plan Rows", 0.0))
        return Proof(cost=cost, rows=top, relations=tuple(sorted(relations)))

    def _ceiling_of(self, principal: Principal) -> Ceiling:
        own = [self._role_ceilings[role] for role in principal.roles if role in self._role_ceilings]
        return max(own, key=lambda ceiling: ceiling.cost, default=self._ceiling)


def _beyond(
    ceiling: Ceiling, plan: dict[str, Any], nodes: Sequence[dict[str, Any]], width: float
) -> Rejection | None:
    """Return which ceiling a plan is above, or None."""
    cost = float(plan.get("Total Cost", 0.0))
    rows = max((float(node.get("Plan Rows", 0.0)) for node in nodes), default=0.0)
    collected = max((_collected_bytes(node, width) for node in nodes), default=0.0)
    if cost > ceiling.cost:
        return _rejection(
            "cost",
            f"The statement would cost about {cost:.0f} units; {ceiling.cost:.0f} are allowed.",
            "Filter on a shorter period or fewer rows, and join on keys.",
        )
    if rows > ceiling.rows:
        return _rejection(
            "rows",
            f"A step would produce about {rows:.0f} rows; {ceiling.rows:.0f} are allowed.",
            "Join on keys, and filter before joining.",
        )
    if collected > ceiling.collected_bytes:
        return _rejection(
            "size",
            f"About {collected / 1e6:.0f} MB would be collected into values.",
            "Aggregate fewer rows, or count and sum instead of listing.",
        )
    return None


def _plan(text: Any) -> dict[str, Any]:
    """Return the plan that EXPLAIN gave, or an empty one for what is no statement with a plan."""
    try:
        plan = json.loads(text)[0]["Plan"]
    except (ValueError, LookupError, TypeError):
        return {}
    return plan if isinstance(plan, dict) else {}


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    pending = [plan]
    while pending:
        node = pending.pop()
        yield node
        pending += node.get("Plans", ())


def _collected_bytes(node: dict[str, Any], width: float) -> float:
    """Return how much a node's list-making aggregates gather.

    The planner estimates the rows, and the width of what is stored; what the statement makes of it
    is built later, and the planner does not see how wide.
    """
    if not any(_COLLECTING.search(output) for output in node.get("Output", ())):
        return 0.0
    if node["Node Type"] not in ("Aggregate", "WindowAgg"):
        return 0.0
    read = node.get("Plans", ())
    built = width if width > BUILT_WIDTH else 0.0
    return sum(float(child["Plan Rows"]) * max(float(child["Plan Width"]), built) for child in read)


def _from_error(error: psycopg.Error) -> Rejection:
    if isinstance(error, psycopg.errors.QueryCanceled):
        return _rejection(
            "planning_time",
            "The database needs too long to plan the statement.",
            "Use fewer WITH queries, joins and constants.",
        )
    return _rejection("refused", describe(error), "Change the part that the reason names.")


def _rejection(rule: str, reason: str, remedy: str) -> Rejection:
    return Rejection(layer="database", rule=f"sql.database.{rule}", reason=reason, remedy=remedy)
