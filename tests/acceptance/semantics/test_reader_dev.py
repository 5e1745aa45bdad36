"""Small databases of different kinds, as a stranger would ask them, with no catalog.yaml."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from clearway.evals.answers import holds
from clearway.evals.bench.nl2sql import load_database, plan_of
from clearway.semantics.understanding import Understanding
from clearway.stores.embedded.server import EmbeddedPostgres, join
from tests.conftest import NewHome

DATA = Path(__file__).resolve().parents[2] / "corpora" / "reader_dev"
NAMES = sorted(path.stem for path in DATA.glob("*.sql"))
RIGHT, ANSWERED = 0.95, 0.60

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def server(new_home: NewHome) -> Iterator[EmbeddedPostgres]:
    """A Postgres of its own, gone afterwards."""
    made = join(new_home())
    yield made
    made.leave()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_answered_is_right(server: EmbeddedPostgres, name: str) -> None:
    text = (DATA / f"{name}.questions.jsonl").read_text("utf-8")
    questions = [json.loads(line) for line in text.splitlines()]
    dsn, catalog = load_database(server, name, DATA)
    reading = Understanding(catalog)
    answered, wrong = 0, []
    with psycopg.connect(dsn, autocommit=True) as connection:
        for question in questions:
            sql, _ = plan_of(reading, question["question"], connection)
            if sql is None:
                continue
            answered += 1
            gold = question["gold_sql"]
            rows = connection.execute(sql.encode()).fetchall()
            if gold is None or not holds(rows, connection.execute(gold.encode()).fetchall()):
                wrong.append(question["question"])
    answerable = sum(question["gold_sql"] is not None for question in questions)

    assert len(wrong) <= (1 - RIGHT) * answered, wrong
    assert answered >= ANSWERED * answerable
