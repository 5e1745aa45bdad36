"""The plan of a normal form gives the rows of the plan of its question, in some order."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import psycopg
import pytest

from clearway.app import Clearway
from clearway.evals.cache_pairs import ASKER, NOW, ZONE, load
from clearway.plans import SqlPlan
from clearway.semantics.normalform import normal_form
from tests.integration.conftest import settings_for

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

CORPORA = Path(__file__).parents[2] / "corpora"


async def test_a_question_and_its_normal_form_have_the_same_answer(demo: str) -> None:
    pairs = load(CORPORA / "pairs_dev.jsonl") + load(CORPORA / "pairs_scored.jsonl.gz")
    statements = set()
    async with Clearway.open(settings_for(demo, demo=True)) as cw:
        semantics = cw.services.semantics
        for text in sorted({text for pair in pairs for text in (pair.a, pair.b)}):
            frame = semantics.read(text, ASKER, now=NOW, zone=ZONE)
            said, normal = (semantics.plan(each, ASKER) for each in (frame, normal_form(frame)))
            if isinstance(said, SqlPlan) and "audit_log" not in said.sql:
                assert isinstance(normal, SqlPlan), text
                statements.add((said.sql, normal.sql))
    different = sorted(each for each in statements if each[0] != each[1])
    assert len(different) >= 20
    with psycopg.connect(demo, autocommit=True) as connection:
        for said_sql, normal_sql in different:
            assert rows(connection, said_sql) == rows(connection, normal_sql), said_sql


def rows(connection: psycopg.Connection, sql: str) -> Counter[tuple[str, ...]]:
    """Return the rows as bags of bags: neither their order nor that of columns matters."""
    found = connection.execute(f"select * from ({sql}) as answer".encode()).fetchall()
    return Counter(tuple(sorted(map(str, row))) for row in found)
