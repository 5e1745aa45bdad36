"""SQL: check a statement, prove it against the database, run it as a bounded read.

- `guard.SqlInterlock(catalog, row_limit=, limit_mode=, strict_semicolons=, extra_functions=)`:
  `check(sql, principal)`, and `trace(sql, principal)` with each layer's verdict and time
- `session.open_warehouse_pool(conninfo, size=)`, `session.SessionSettings`
- `prover.PostgresProver(pool, session=, ceiling=, role_ceilings=, costs=)`
- `execute.PostgresExecutor(pool, session=, result_bytes_limit=, costs=, costly=, bulkhead=)`;
  share one `costs.PlanCosts` between the two
- `exposure.require_reader(pool, catalog, allow_privileged=)` refuses a privileged role, with the
  script that makes a reader; `exposure.inspect_reader` reports what remains reachable
- `grants.reader_script(catalog, role, database)`, `grants.apply_reader(connection, ...)`; rights of
  other roles go only with `revoke_public=`, and `public_rights.held_by_public` names what they hold
- `introspect.introspect(connection, source_id=)`: the catalog as the database has it
"""
