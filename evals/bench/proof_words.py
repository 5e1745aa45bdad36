"""The words of docs/safety.md that no run can give: promises of the layers, known limits."""

LAYERS = (
    ("text", "Characters two readers could take differently; length, nesting, semicolons."),
    ("agreement", "Postgres's own grammar: an allowlist over its whole tree; the written and the "
     "rendered statement must mean the same, name the same tables and end in the same LIMIT."),
    ("tree", "sqlglot: an allowlist of node types and of every argument of each; functions, types, "
     "collations by name."),
    ("names", "Every relation and column, scope by scope, against what the principal may see."),
    ("bounds", "LIMIT; products of tables; series, values, patterns and recursion."),
    ("database", "EXPLAIN under the reader role: relations within those named, cost and rows under "
     "a ceiling, planning within the timeout."),
)  # fmt: skip
SESSION = """
The statement then runs in a session of its own (`tools/sql/session.py`, `execute.py`): reader
role, read-only transaction, one statement per protocol message, server-side cursor with row and
byte caps, statement, lock and idle timeouts inside the request's deadline, `work_mem`, `jit` off,
`search_path` of pg_catalog alone, identity settings for row-level security. It ends in ROLLBACK;
the connection is reset with DISCARD ALL before its next use. Raw messages of the server never
leave it. Tests: `tests/integration/tools/`. Row filters and masks of the catalog are compiled into
the tree (`guard/policy.py`; tests: `tests/unit/tools/test_policy.py`, on rows in
`test_execute.py`).
"""
JIT = """
On PostgreSQL 15 with a compiler (`--url`, measured 2026-11-21), twelve chained doublings under a
limit of 1 s: with `jit` off 0.04 s, with `jit` on 22.33 s, for the timeout waits for the compiler.
"""
LIMITS = """
- An operator or function of the database's own in `pg_catalog` would be called like a built-in one.
  Only a superuser can put it there.
- A user-written cast *to text* of a type of the database's own runs when such a value is written as
  text. `clearway.tools.sql.exposure` reports casts through functions; `clearway warehouse grant
  --apply --revoke-public` takes their EXECUTE from PUBLIC.
- A view runs with its owner's rights unless it is `security_invoker`; putting it into the catalog
  is the operator's word for what it reads. The exposure report names such views.
- Who may not read every column of a table is told so by `*`: it is refused there, naming the
  columns that may be read. That something is hidden can be concluded, what it is cannot.
- With one login for everything (a single CLEARWAY_DATABASE_URL) the reader is a role taken on, not
  a login of its own. A session can return to its login with SET ROLE or set_config: the tree layers
  refuse both, one message carries one statement, and the connection is reset after each use, but no
  right of the database stands behind that. CLEARWAY_WAREHOUSE_URL with a login made by `clearway
  warehouse grant` has nothing to return to.
- Estimates of rows are estimates. A join on a key of few values passes the tree and is left to the
  cost ceiling and the timeout.
- A single cell can be as large as the statement's own values and aggregates allow, and rows are
  fetched twenty at a time; the byte cap applies after the driver has read those.
- Stored values count as small: a series up to the largest number of a column, or a product of long
  stored lists, passes the tree and is left to the ceilings, the timeout and temp_file_limit.
- JSON that a statement puts together as text and reads back is refused where many are collected.
- A recursion that follows data (`JOIN ... ON child.parent = row.id`) ends with the data. Over a
  graph with many paths that can be long; the timeout ends it, and temp_file_limit its disk.
- ORDER BY ... USING an operator, hexadecimal integers and geometric types written before a constant
  that the parser does not know are refused.
- Row filters keep other conditions from running first (`OFFSET 0`), which costs index use on
  filtered tables. Row-level security of the database has no such cost and can be used instead.
- How long an answer takes can depend on rows that a filter hides.
- The role's CONNECTION LIMIT and temp_file_limit need the grant script, or an administrator.
"""
