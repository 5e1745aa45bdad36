"""A small catalog with everything a rule can be about, and what to ask it with."""

from __future__ import annotations

from typing import Any

from clearway.identity import Principal
from clearway.plans import CheckedSql, Rejection
from clearway.semantics.types import Catalog, Column, Table
from clearway.tools.sql.guard import SqlInterlock

ANALYST = Principal(user="ana", tenant="acme")
ADMIN = Principal(user="root", tenant="acme", roles=frozenset({"analyst", "admin"}))


def table(name: str, columns: str, *, schema: str = "shop", **more: Any) -> Table:
    """Return a table from `name:type` words: `!` hides, `~mask` masks, `·` is a space."""
    return Table(schema=schema, name=name, columns=tuple(map(_column, columns.split())), **more)


def _column(word: str) -> Column:
    name, _, mask = word.partition("~")
    name, _, type_ = name.partition(":")
    return Column(
        name=name.removeprefix("!").replace("·", " "),
        type=type_ or "integer",
        sensitivity="secret" if name.startswith("!") else "internal",
        mask=mask or None,  # type: ignore[arg-type]  # words of the tests
        unmasked_roles=frozenset({"admin"}),
    )


SHOP = Catalog(
    source_id="warehouse",
    default_schema="shop",
    tables=(
        table(
            "orders",
            "id:bigint customer_id total:numeric(12,2) status:text note:text tags:text[] "
            "payload:jsonb ordered_at:timestamptz shipped_on:date",
        ),
        table("customers", "id name:text region:text !ssn:text !id_card:text"),
        table("regions", "id name:text country:text", kind="view"),
        table("Odd Names", "Id·Name!:text select:boolean"),
        table("leads", "id name:text tenant:text owner:text", row_filter="tenant = {tenant}"),
        table(
            "people",
            "id name:text~partial email:text~hash born:date~generalise pay:numeric~generalise "
            "phone:text~null",
        ),
        table("staff", "id name:text manager_id"),
        table("tiers", "id tier:shop.tier old:domain_of_text tiers:shop.tier[]"),
        table("vault", "id secret:text", roles=frozenset({"admin"})),
        table("closed", "id", allow=False),
        table("orders", "id", schema="archive"),
    ),
)
GUARD = SqlInterlock(SHOP)


def checked(sql: str, principal: Principal = ANALYST, guard: SqlInterlock = GUARD) -> CheckedSql:
    """Return the checked statement; fails the test with the reason where it was refused."""
    verdict = guard.check(sql, principal)
    assert isinstance(verdict, CheckedSql), f"{verdict.rule}: {verdict.reason}"
    return verdict


def refused(sql: str, principal: Principal = ANALYST, guard: SqlInterlock = GUARD) -> Rejection:
    """Return the rejection; fails the test with the text where it was accepted."""
    verdict = guard.check(sql, principal)
    assert isinstance(verdict, Rejection), f"accepted: {verdict.sql}"
    return verdict
