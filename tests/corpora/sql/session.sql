-- What an attack may find in its own session: run before it, never part of it.
CREATE TEMP TABLE session_scratch (id int, note text);
INSERT INTO session_scratch VALUES (1, 'CANARY-temp-table');
GRANT SELECT ON session_scratch TO PUBLIC;
PREPARE kept_statement AS SELECT 'CANARY-prepared-statement'::text;
DECLARE kept_cursor CURSOR WITH HOLD FOR SELECT 'CANARY-held-cursor'::text AS held;
