"""Catalogs of databases nobody has: a library, and a shop that sells through channels."""

from __future__ import annotations

from datetime import UTC, datetime

from clearway.identity import Principal
from clearway.plans import SqlPlan
from clearway.semantics.catalog import stamped
from clearway.semantics.frame import Frame
from clearway.semantics.judgement import (
    aggregate_of,
    role_of,
    sensitivity_of,
    time_column_of,
)
from clearway.semantics.types import Abstention, Catalog, Column, ForeignKey, Measure, Table
from clearway.semantics.understanding import Understanding

NOW = datetime(2026, 5, 20, 15, 30, tzinfo=UTC)
"""A Wednesday."""
ASKER = Principal(user="ada")

TYPES = {
    "int": "integer", "num": "numeric(10,2)", "text": "text", "date": "date", "bool": "boolean",
    "time": "timestamp with time zone",
}  # fmt: skip


def declare(
    name: str,
    columns: str,
    *,
    rows: float = 1000,
    key: str = "",
    links: dict[str, str] | None = None,
    values: dict[str, tuple[str, ...]] | None = None,
    synonyms: tuple[str, ...] = (),
    allow: bool = True,
    roles: frozenset[str] | None = None,
) -> Table:
    """Return a table as introspection would judge it, from `name:type` pairs."""
    links, values = links or {}, values or {}
    keyed = {key, *links}
    made = tuple(
        _column(name, *pair.split(":"), keyed=keyed, values=values) for pair in columns.split()
    )
    return Table(
        schema="public",
        name=name,
        columns=made,
        primary_key=(key,) if key else (),
        foreign_keys=tuple(
            ForeignKey(
                columns=(column,),
                to_schema="public",
                to_table=target.partition(".")[0],
                to_columns=(target.partition(".")[2],),
            )
            for column, target in links.items()
        ),
        row_estimate=rows,
        time_column=time_column_of(made, name),
        synonyms=synonyms,
        allow=allow,
        roles=roles,
    )


def _column(
    table: str, name: str, short: str, *, keyed: set[str], values: dict[str, tuple[str, ...]]
) -> Column:
    form = TYPES[short]
    role = role_of(name, form, is_key=name in keyed)
    sensitivity = sensitivity_of(table, name)
    known = values.get(name, ())
    return Column(
        name=name,
        type=form,
        role="dimension" if known and len(known) <= 200 else role,
        aggregate=aggregate_of(name, role),
        sensitivity="internal"
        if sensitivity == "public" and form == "text" and not known
        else sensitivity,
        allow=sensitivity != "secret",
        values=known,
        distinct=float(len(known)) if known else None,
    )


LIBRARY = stamped(
    Catalog(
        source_id="library",
        tables=(
            declare(
                "author",
                "author_id:int first_name:text last_name:text country:text",
                key="author_id",
                values={"country": ("Ireland", "Japan", "USA")},
            ),
            declare(
                "genre",
                "genre_id:int name:text",
                rows=4,
                key="genre_id",
                values={"name": ("Crime", "Fantasy", "Poetry", "Travel")},
            ),
            declare(
                "book",
                "book_id:int title:text genre_id:int pages:int price:num published_on:date"
                " in_print:bool original_genre_id:int",
                key="book_id",
                links={"genre_id": "genre.genre_id", "original_genre_id": "genre.genre_id"},
            ),
            declare(
                "book_author",
                "book_id:int author_id:int",
                links={"book_id": "book.book_id", "author_id": "author.author_id"},
            ),
            declare(
                "branch",
                "branch_id:int name:text city:text",
                rows=3,
                key="branch_id",
                values={"name": ("Central", "Harbour", "North"), "city": ("Cork", "Dublin")},
            ),
            declare(
                "member",
                "member_id:int first_name:text last_name:text email:text city:text branch_id:int"
                " joined_on:date",
                key="member_id",
                links={"branch_id": "branch.branch_id"},
                values={"city": ("Cork", "Dublin", "Galway")},
            ),
            declare(
                "loan",
                "loan_id:int book_id:int member_id:int loaned_at:time returned_at:time fee:num",
                rows=5000,
                key="loan_id",
                links={"book_id": "book.book_id", "member_id": "member.member_id"},
            ),
            declare(
                "employee",
                "employee_id:int first_name:text last_name:text manager_id:int branch_id:int"
                " birth_date:date hire_date:date password:text",
                key="employee_id",
                links={"manager_id": "employee.employee_id", "branch_id": "branch.branch_id"},
            ),
        ),
    )
)

SALES = stamped(
    Catalog(
        source_id="sales",
        tables=(
            declare(
                "sales_fact",
                "sale_id:int sold_on:date region:text product:text channel:text quarter:text"
                " year:int units_sold:int revenue:num unit_price:num",
                rows=50_000,
                key="sale_id",
                values={
                    "region": ("Asia Pacific", "Europe", "Latin America", "North America"),
                    "product": ("Anvil", "Bellows", "Chisel"),
                    "channel": ("Online", "Partner", "Retail"),
                    "quarter": ("Q1", "Q2", "Q3", "Q4"),
                },
                synonyms=("sales",),
            ),
            declare(
                "job_runs",
                "id:int job_name:text status:text runtime_seconds:num created_at:time",
                rows=20_000,
                key="id",
                values={
                    "job_name": ("archive_logs", "load_sales"),
                    "status": ("cancelled", "failed", "success"),
                },
                synonyms=("jobs", "runs"),
            ),
            declare(
                "customers",
                "customer_id:int full_name:text email:text",
                key="customer_id",
                allow=False,
            ),
            declare("salaries", "id:int amount:num", key="id", roles=frozenset({"finance"})),
        ),
        measures=(
            Measure(
                name="revenue per unit",
                table="public.sales_fact",
                expression="sum(revenue) / nullif(sum(units_sold), 0)",
            ),
        ),
    )
)

DEPOT = stamped(
    Catalog(
        source_id="depot",
        tables=(
            declare(
                "sites",
                "site_id:int name:text city:text capacity_m3:num",
                rows=6,
                key="site_id",
                values={"name": ("Alder", "Birch", "Cedar"), "city": ("Cork", "Galway")},
            ),
            declare(
                "carriers",
                "carrier_id:int name:text",
                rows=3,
                key="carrier_id",
                values={"name": ("Nordline", "Swift")},
            ),
            declare(
                "goods",
                "good_id:int name:text weight_kg:num unit_price:num discontinued:bool",
                rows=3,
                key="good_id",
                values={"name": ("Anvil", "Bellows", "Chisel")},
            ),
            declare(
                "outbound_shipments",
                "shipment_id:int origin_site_id:int destination_site_id:int carrier_id:int"
                " shipped_at:time delivered_at:time status:text freight_cost:num insured:bool"
                " fee_pct:num",
                rows=5000,
                key="shipment_id",
                links={
                    "origin_site_id": "sites.site_id",
                    "destination_site_id": "sites.site_id",
                    "carrier_id": "carriers.carrier_id",
                },
                values={"status": ("delivered", "lost", "shipped")},
            ),
            declare(
                "ShipmentLine",
                "shipmentId:int goodId:int quantity:int",
                rows=9000,
                links={
                    "shipmentId": "outbound_shipments.shipment_id",
                    "goodId": "goods.good_id",
                },
            ),
            declare(
                "workers",
                "worker_id:int first_name:text last_name:text boss_id:int salary:num is_admin:bool"
                " hired_on:date",
                key="worker_id",
                links={"boss_id": "workers.worker_id"},
            ),
        ),
    )
)

library = Understanding(LIBRARY)
depot = Understanding(DEPOT)
sales = Understanding(SALES)


def frame(reading: Understanding, text: str, previous: Frame | None = None) -> Frame:
    """Return what the text says to one asker, at one moment."""
    return reading.read(text, ASKER, now=NOW, zone="UTC", previous=previous)


def answer(reading: Understanding, text: str) -> str | Abstention:
    """Return the statement the rules planner makes of a text, or why it makes none."""
    plan = reading.plan(frame(reading, text), ASKER)
    return plan.sql if isinstance(plan, SqlPlan) else plan


def planned(reading: Understanding, text: str) -> str:
    """Return the statement for a text; fails where there is none."""
    found = answer(reading, text)
    assert isinstance(found, str), found
    return found


def abstained(reading: Understanding, text: str) -> Abstention:
    """Return why there is no statement for a text; fails where there is one."""
    found = answer(reading, text)
    assert isinstance(found, Abstention), found
    return found
