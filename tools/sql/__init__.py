"""SQL: check a statement, prove it against the database, run it as a bounded read.

- `guard.SqlInterlock(catalog, row_limit=, limit_mode=, strict_semicolons=, extra_functions=)`:
  `check(sql, principal)`, and `trace(sql, principal)` with each layer's verdict and time
- `session.open_warehouse_pool(conninfo, size=)`, `session.SessionSettings`
- `prover.PostgresProver(pool, session=, ceiling=, role_ceilings=)`
- `execute.PostgresExecutor(pool, session=, result_bytes_limit=)`
"""
