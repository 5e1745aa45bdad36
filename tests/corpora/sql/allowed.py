"""Write allowed.json: the relations and columns a reader may see, with their types.

The list of names is the decision; the types are read from the fixture. Everything not listed is
denied. `python -m tests.corpora.sql.allowed` rewrites the file.
"""

from __future__ import annotations

import json

from tests.corpora.sql.servers import HERE, SYSTEM_BIN, running

DENIED_COLUMNS = {("customers", "ssn"), ("employees", "salary"), ("employees", "private_note")}
ALLOWED = (
    "regions",
    "customers",
    "categories",
    "products",
    "orders",
    "order_items",
    "events",
    "bookings",
    "employees",
    "sensor_readings",
    "documents",
    "Quarterly Targets",
    "exchange_rates",
    "active_customers",
    "monthly_revenue",
    "product_stats",
)
COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
  (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum e
    WHERE e.enumtypid = a.atttypid)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'analytics'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum
"""
KINDS = {"active_customers": "view", "monthly_revenue": "view", "events": "partitioned table"}
KINDS |= {"product_stats": "materialized view"}
OVERLOADS = """
SELECT DISTINCT f.oid::regprocedure::text FROM pg_proc f
WHERE f.pronamespace = 'analytics'::regnamespace
AND EXISTS (SELECT FROM pg_proc b WHERE b.pronamespace = 11 AND b.proname = f.proname) ORDER BY 1
"""
OPERATORS = """
SELECT oid::regoperator::text FROM pg_operator
WHERE oprnamespace = 'analytics'::regnamespace ORDER BY 1
"""
CASTS = """
SELECT format_type(castsource, NULL) || ' AS ' || format_type(casttarget, NULL) FROM pg_cast
WHERE oid >= 16384 ORDER BY 1
"""


def main() -> None:
    """Start a server, read the fixture and write the file."""
    with running(SYSTEM_BIN) as server, server.connect("corpus_a") as reader:
        columns = reader.execute(COLUMNS.encode()).fetchall()
        reader.execute("SET search_path = pg_catalog")
        overloads = [name for (name,) in reader.execute(OVERLOADS.encode()).fetchall()]
        operators = [name for (name,) in reader.execute(OPERATORS.encode()).fetchall()]
        casts = [name for (name,) in reader.execute(CASTS.encode()).fetchall()]
    types: dict[str, dict[str, str]] = {f"analytics.{name}": {} for name in ALLOWED}
    hidden: dict[str, dict[str, str]] = {}
    enums: dict[str, object] = {}
    for relation, column, kind, labels in columns:
        if relation not in ALLOWED:
            continue
        if (relation, column) in DENIED_COLUMNS:
            hidden.setdefault(f"analytics.{relation}", {})[str(column)] = str(kind)
            continue
        types[f"analytics.{relation}"][str(column)] = str(kind)
        if labels:
            enums[str(kind)] = labels
    allowed = {
        "default_schema": "analytics",
        "relations": {name: list(listed) for name, listed in types.items()},
        "types": types,
        "hidden": hidden,
        "enums": enums,
        "kinds": {f"analytics.{name}": KINDS.get(name, "table") for name in ALLOWED},
        "overloads": overloads,
        "operators": operators,
        "casts": casts,
    }
    text = json.dumps(allowed, indent=1, ensure_ascii=False)
    (HERE / "allowed.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
