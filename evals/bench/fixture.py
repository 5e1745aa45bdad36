"""The database of the SQL corpora on a throw-away embedded server."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from clearway.evals.bench.sql_corpus import FOLDER
from clearway.stores.embedded.server import join


@contextmanager
def fixture_database(folder: Path = FOLDER) -> Iterator[str]:
    """Load the fixture and yield the connection string of its reader; the server goes after."""
    with tempfile.TemporaryDirectory(prefix="clearway-bench-") as home:
        server = join(Path(home))
        try:
            url = server.conninfo()
            with psycopg.connect(url, autocommit=True) as admin:
                admin.execute("create database corpus")
            options = make_conninfo(url, dbname="corpus", options="-c corpus.variant=a")
            with psycopg.connect(options, autocommit=True) as loader:
                loader.execute((folder / "fixture.sql").read_bytes())
                loader.execute("vacuum analyze")
            yield make_conninfo(url, dbname="corpus", user="corpus_reader")
        finally:
            server.leave()


def raw_rows(conninfo: str, sql: str, search_path: str) -> list[list[bytes | None]]:
    """Return names and cells as the server writes them: the names first, then the rows sorted."""
    options = f"-c search_path={search_path} -c TimeZone=UTC -c jit=off"
    with psycopg.connect(make_conninfo(conninfo, options=options)) as connection:
        cursor = connection.execute(sql.encode())
        result = cursor.pgresult
        if result is None:
            return []
        columns, rows = range(result.nfields), range(result.ntuples)
        cells = [[result.get_value(row, column) for column in columns] for row in rows]
        return [[result.fname(column) for column in columns], *sorted(cells, key=repr)]
