"""Plans on record to calibrate on: the rules' own, gold statements, and gold with one place wrong.

Gold and its mutants stand for a model's plans: nothing in them depends on a model, a key or a day.
Every plan was run and held against the gold result; a mutant that gives the right result anyway is
left out, as is what the database refuses.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
from psycopg import sql

from clearway.app import Clearway
from clearway.evals.bench.nl2sql import ASKER, grounded, load_database
from clearway.evals.cases import Case
from clearway.evals.fit import Example
from clearway.evals.mutate import Mutator
from clearway.outcome import Answered
from clearway.plans import PlanSource, Proof, SqlPlan
from clearway.semantics.types import Catalog, Frame
from clearway.semantics.understanding import Understanding
from clearway.settings import load_settings
from clearway.stores.embedded.server import EmbeddedPostgres

GOLD, RULES = "gold", "rules"
STATED = 0.9
"""What recorded plans say of themselves: all the same, so that it tells nothing."""
RIGHT_SHARE = 0.7
"""How often a model's plan is taken to be right before anything is known of it."""
KNOWN_VALUES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One plan for one question, and what is known of it."""

    database: str
    question: str
    kind: str
    """`gold`, `rules`, or the kind of mutation."""
    sql: str
    example: Example

    @property
    def held_out(self) -> bool:
        """Whether it is in the half nothing is fitted on: decided by a hash of its group."""
        return hashlib.sha256(self.example.group.encode()).digest()[0] % 2 == 1


def recorded_plans(
    server: EmbeddedPostgres, name: str, folder: Path, scorer: ModuleType, *, seed: int = 0
) -> list[Recorded]:
    """Return the plans for every question over one database, in its words and in others."""
    dsn, catalog = load_database(server, name, folder)
    text = (folder / f"{name}.questions.jsonl").read_text("utf-8")
    questions = [json.loads(line) for line in text.splitlines() if line.strip()]
    runner = scorer.Runner(dsn, 10.0, 20_000, False)
    with psycopg.connect(dsn, autocommit=True) as connection:
        recorder = _Recorder(name, catalog, connection, scorer, runner, seed)
        found = [
            each
            for question in questions
            if question.get("gold_sql")
            for each in recorder.plans(question)
        ]
    for each in runner.conns.values():
        each.close()
    return found


async def golden_plans(cases: Iterable[Case]) -> list[Recorded]:
    """Return the golden cases that were answered, right where they behaved as expected.

    They are asked over the demo warehouse, in a store of their own.
    """
    found = []
    with tempfile.TemporaryDirectory(prefix="clearway-evals-") as home:
        settings = load_settings(home=Path(home), database_url=None, redis_url=None)
        async with Clearway.open(settings) as cw:
            for number, case in enumerate(cases):
                outcome = await cw.ask(case.question, user=f"golden-{number}")
                if not isinstance(outcome, Answered) or outcome.plan_source != "rules":
                    continue
                example = Example(
                    group=f"golden: {case.id}",
                    source=RULES,
                    evidence=outcome.evidence,
                    right=not case.mistakes(outcome),
                )
                found.append(
                    Recorded(
                        database="golden",
                        question=case.question,
                        kind=RULES,
                        sql=outcome.sql or "",
                        example=example,
                    )
                )
    return found


class _Recorder:
    def __init__(  # noqa: PLR0917 - the parts of one database's record
        self,
        name: str,
        catalog: Catalog,
        connection: psycopg.Connection[Any],
        scorer: ModuleType,
        runner: Any,
        seed: int,
    ) -> None:
        self._name = name
        self._connection = connection
        self._scorer = scorer
        self._runner = runner
        self._reading = Understanding(catalog)
        self._known: dict[tuple[str, str], list[str]] = {}
        self._mutator = Mutator(catalog, self._values, seed=seed)

    def plans(self, question: dict[str, Any]) -> Iterator[Recorded]:
        gold = question["gold_sql"]
        mutants = [
            (mutant.kind, mutant.sql)
            for mutant in self._mutator.mutants(gold)
            if self._status(question, mutant.sql) in ("result", "order")
        ]
        for field in ("question", "question_syn"):
            said = question.get(field)
            if not said or (field != "question" and said == question["question"]):
                continue
            frame = grounded(self._reading, said, self._connection)
            yield self._judged(question, frame, GOLD, gold, True, 1.0)
            rest = (1 - RIGHT_SHARE) / RIGHT_SHARE / max(1, len(mutants))
            for kind, text in mutants:
                yield self._judged(question, frame, kind, text, False, rest)
            plan = self._reading.plan(frame, ASKER)
            if isinstance(plan, SqlPlan):
                right = self._status(question, plan.sql) in ("exact", "lenient")
                yield self._judged(question, frame, RULES, plan.sql, right, 1.0, plan)

    def _judged(  # noqa: PLR0917 - the parts of one record
        self,
        question: dict[str, Any],
        frame: Frame,
        kind: str,
        text: str,
        right: bool,
        weight: float,
        plan: SqlPlan | None = None,
    ) -> Recorded:
        source: PlanSource = "model"
        plan = plan or SqlPlan(
            source=source, source_id="warehouse", sql=text, stated_confidence=STATED
        )
        found = self._reading.evidence(frame, plan, ASKER, proof=self._proof(text))
        example = Example(
            group=f"{self._name}: {question['gold_sql']}",
            source=RULES if kind == RULES else "model",
            evidence=found,
            right=right,
            weight=weight,
        )
        return Recorded(
            database=self._name, question=frame.text, kind=kind, sql=text, example=example
        )

    def _status(self, question: dict[str, Any], text: str) -> str:
        tolerance = self._scorer.Tol(1e-6, 1e-6)
        predicted = {question["id"]: text}
        rows = self._scorer.score([question], predicted, self._runner, tolerance, "gold")
        return str(rows[0]["status"])

    def _proof(self, text: str) -> Proof | None:
        row = self._connection.execute(f"explain (format json) {text}".encode()).fetchone()
        plan = row[0][0]["Plan"] if row else {}
        return Proof(cost=plan["Total Cost"], rows=plan["Plan Rows"], relations=()) if row else None

    def _values(self, table: str, column: str) -> list[str]:
        key = (table, column)
        if key not in self._known:
            schema, _, name = table.partition(".")
            statement = sql.SQL("select distinct {c}::text from {t} order by 1 limit {n}").format(
                c=sql.Identifier(column),
                t=sql.Identifier(schema, name),
                n=sql.Literal(KNOWN_VALUES),
            )
            rows = self._connection.execute(statement).fetchall()
            self._known[key] = [str(row[0]) for row in rows if row[0] is not None]
        return self._known[key]
