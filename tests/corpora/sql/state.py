"""What a database and its server hold, as hashes: two snapshots differ where something changed."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.corpora.sql.servers import SANDBOX, Server

# Catalogs whose every row is state. pg_class, pg_database and pg_statistic also hold figures that
# reading or maintenance may move, so they are listed by column or left out.
LOCAL_CATALOGS = (
    "pg_proc",
    "pg_type",
    "pg_attribute",
    "pg_attrdef",
    "pg_namespace",
    "pg_constraint",
    "pg_trigger",
    "pg_policy",
    "pg_rewrite",
    "pg_extension",
    "pg_description",
    "pg_collation",
    "pg_operator",
    "pg_opclass",
    "pg_opfamily",
    "pg_cast",
    "pg_foreign_data_wrapper",
    "pg_foreign_server",
    "pg_user_mapping",
    "pg_foreign_table",
    "pg_event_trigger",
    "pg_publication",
    "pg_publication_rel",
    "pg_subscription",
    "pg_statistic_ext",
    "pg_conversion",
    "pg_ts_config",
    "pg_ts_dict",
    "pg_ts_parser",
    "pg_ts_template",
    "pg_language",
    "pg_enum",
    "pg_default_acl",
    "pg_seclabel",
    "pg_index",
    "pg_aggregate",
    "pg_am",
    "pg_inherits",
    "pg_transform",
    "pg_range",
)
SHARED_CATALOGS = (
    "pg_authid",
    "pg_auth_members",
    "pg_tablespace",
    "pg_db_role_setting",
    "pg_shdescription",
    "pg_replication_origin",
    "pg_parameter_acl",
    "pg_shseclabel",
)
CLASSES = (
    "(SELECT oid, relname, relnamespace, relowner, relkind, relpersistence, relacl::text, "
    "reloptions, relrowsecurity, relfilenode, reltablespace, relreplident FROM pg_class)"
)
DATABASES = (
    "(SELECT oid, datname, datdba, datacl::text, dattablespace, datconnlimit FROM pg_database)"
)
SERVER_FIGURES = """
SELECT jsonb_build_object(
  'configuration loaded', pg_conf_load_time(),
  'database statistics reset', (SELECT max(stats_reset) FROM pg_stat_database),
  'shared statistics reset', (SELECT max(stats_reset) FROM pg_stat_archiver),
  'cache statistics reset', (SELECT max(stats_reset) FROM pg_stat_slru),
  'background writer statistics reset', (SELECT max(stats_reset) FROM pg_stat_bgwriter),
  'wal statistics reset', (SELECT max(stats_reset) FROM pg_stat_wal),
  'vacuumed', (SELECT max(last_vacuum) FROM pg_stat_user_tables),
  'analyzed', (SELECT max(last_analyze) FROM pg_stat_user_tables),
  'log segment', pg_walfile_name(pg_current_wal_lsn()),
  'checkpoint', (SELECT checkpoint_lsn FROM pg_control_checkpoint()),
  'prepared transactions', (SELECT count(*) FROM pg_prepared_xacts),
  'replication slots', (SELECT jsonb_agg(slot_name ORDER BY slot_name) FROM pg_replication_slots),
  'slot positions',
    (SELECT jsonb_agg(confirmed_flush_lsn ORDER BY slot_name) FROM pg_replication_slots),
  'slot wal kept', (SELECT count(*) FROM pg_replication_slots WHERE restart_lsn IS NOT NULL),
  'replication progress', (SELECT count(*) FROM pg_show_replication_origin_status())
)"""
LOGGED_ACTS = (
    "logging memory contexts",
    "restore point",
    "backup",
    "checkpoint starting",
    "WARNING:",
)
SEGMENT_OF_WAL = 500_000


@dataclass(frozen=True)
class State:
    """One look at everything an attack could leave behind."""

    rows: dict[str, str] = field(default_factory=dict)
    schema: dict[str, str] = field(default_factory=dict)
    shared: dict[str, str] = field(default_factory=dict)
    server: dict[str, Any] = field(default_factory=dict)
    files: dict[str, tuple[int, float]] = field(default_factory=dict)
    wal: int = 0
    log_size: int = 0


def look(server: Server, monitor: psycopg.Connection[Any]) -> State:
    """Take a snapshot through a superuser's connection to the attacked database."""
    figures = _one(monitor, SERVER_FIGURES)
    return State(
        rows=_rows(monitor),
        schema=_hashes(monitor, {name: name for name in LOCAL_CATALOGS} | {"pg_class": CLASSES}),
        shared=_hashes(
            monitor, {name: name for name in SHARED_CATALOGS} | {"pg_database": DATABASES}
        ),
        server=figures,
        files=_files(server),
        wal=int(_one(monitor, "SELECT pg_current_wal_insert_lsn() - '0/0'")),
        log_size=server.log.stat().st_size,
    )


def changes(server: Server, before: State, after: State) -> dict[str, str]:
    """Return effect -> what differs."""
    found = {
        "row_changed": _differing(before.rows, after.rows),
        "schema_changed": _differing(before.schema, after.schema)
        + _differing(before.shared, after.shared),
        "file": _differing(before.files, after.files),
        "backend": _differing(before.server, after.server),
    }
    if after.wal - before.wal > SEGMENT_OF_WAL and not found["row_changed"]:
        found["backend"].append(f"{(after.wal - before.wal) // 1000} kB of log written")
    with server.log.open("rb") as log:
        log.seek(min(before.log_size, after.log_size))
        written = log.read().decode(errors="replace")
    found["backend"] += [f"server log: {act}" for act in LOGGED_ACTS if act in written]
    return {effect: ", ".join(names) for effect, names in found.items() if names}


def outlives_database(before: State, after: State) -> bool:
    """Tell whether dropping the database would leave the server changed."""
    files = {name for name in after.files if name.endswith(".conf")}
    figures = ("prepared transactions", "replication slots", "configuration loaded")
    return (
        before.shared != after.shared
        or any(before.server[name] != after.server[name] for name in figures)
        or any(before.files.get(name) != after.files[name] for name in files)
    )


def _differing(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )


def _one(monitor: psycopg.Connection[Any], query: str) -> Any:
    row = monitor.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def _rows(monitor: psycopg.Connection[Any]) -> dict[str, str]:
    relations = monitor.execute(
        "SELECT n.nspname, c.relname, c.relkind = 'S' FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r', 'm', 'S') AND c.relpersistence <> 't' "
        "AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
    ).fetchall()
    parts = [
        _digest(
            f"{schema}.{name}",
            sql.Identifier(schema, name),
            "(x.last_value, x.is_called)" if is_sequence else "x",
        )
        for schema, name, is_sequence in relations
    ]
    parts.append(_digest("large objects", sql.SQL("pg_largeobject")))
    parts.append(_digest("large object list", sql.SQL("pg_largeobject_metadata")))
    return dict(monitor.execute(sql.SQL(" UNION ALL ").join(parts)).fetchall())


def _digest(label: str, source: sql.Composable, row: str = "x") -> sql.Composed:
    return sql.SQL(
        "SELECT {}, count(*) || ':' || coalesce(sum(hashtextextended({}::text, 0)), 0) FROM {} x"
    ).format(sql.Literal(label), sql.SQL(row), source)


def _hashes(monitor: psycopg.Connection[Any], sources: dict[str, str]) -> dict[str, str]:
    parts = [_digest(name, sql.SQL(source)) for name, source in sources.items()]
    return dict(monitor.execute(sql.SQL(" UNION ALL ").join(parts)).fetchall())


def _files(server: Server) -> dict[str, tuple[int, float]]:
    """Sandbox files with size and time; of the data directory its settings, the rest by name."""
    found: dict[str, tuple[int, float]] = {}
    for path in SANDBOX.rglob("*"):
        found[str(path)] = _stamp(path)
    for path in server.data.iterdir():
        if (
            path.is_file() and path.suffix in (".conf", ".txt", ".bin", ".lo")
        ) or "_" not in path.name:
            found[path.name] = _stamp(path) if path.suffix in (".conf", ".txt") else (0, 0.0)
    return found


def _stamp(path: Path) -> tuple[int, float]:
    status = os.stat(path)
    return status.st_size, status.st_mtime
