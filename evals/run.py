"""The gates: `python -m clearway.evals.run [--cases FILE]`; exits 1 when one fails.

The gates: every Outcome is valid against its schema (100 %); questions go to the right tool
(80 %); every statement that ran passes the interlock again (100 %); every planner reply is a valid
plan the interlock accepts, or a typed abstention (100 %, on its own golden set), and half of them
are plans; behaviour (kind of outcome, fragments of SQL, shape of the result) is as expected (80 %).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from clearway.app import Clearway
from clearway.errors import ClearwayError
from clearway.evals.cases import Case, load_cases
from clearway.outcome import OUTCOME, Answered, Outcome
from clearway.plans import CheckedSql, Plan, SqlPlan
from clearway.semantics.types import Abstention
from clearway.settings import Settings, load_settings

HERE = Path(str(files("clearway.evals")))


@dataclass
class Tally:
    """Right out of how many, with what went wrong."""

    name: str
    gate: float | None
    right: int = 0
    total: int = 0
    wrong: list[str] = field(default_factory=list)

    def count(self, ok: bool, note: str) -> None:
        """Count one case."""
        self.total += 1
        self.right += ok
        if not ok:
            self.wrong.append(note)

    @property
    def rate(self) -> float:
        """Share of right cases; nothing counted is nothing proven."""
        return self.right / self.total if self.total else 0.0

    @property
    def passed(self) -> bool:
        """Whether the gate holds; a tally without a gate always does."""
        return self.gate is None or self.rate >= self.gate


async def evaluate(
    settings: Settings, cases: Iterable[Case], planner_questions: Iterable[str]
) -> list[Tally]:
    """Ask every case through the whole graph, and plan every planner question."""
    schema = Tally("schema compliance", 1.0)
    routing = Tally("routing accuracy", 0.8)
    validation = Tally("SQL validation rate", 1.0)
    planner = Tally("planner schema compliance", 1.0)
    behaviour = Tally("behaviour as expected", 0.8)
    coverage = Tally("planner coverage", 0.5)
    async with Clearway.open(settings) as cw:
        for number, case in enumerate(cases):
            # A user each: the limit per user is not what is judged here.
            outcome = await cw.ask(case.question, user=f"golden-{number}")
            schema.count(valid(outcome), case.id)
            routing.count(outcome.tool in case.expect.tool, f"{case.id} {outcome.tool}")
            if isinstance(outcome, Answered) and outcome.tool == "sql":
                again = cw.check_sql(outcome.sql or "")
                validation.count(isinstance(again, CheckedSql), case.id)
            mistakes = case.mistakes(outcome)
            behaviour.count(not mistakes, f"{case.id} {case.question!r}: {'; '.join(mistakes)}")
        for question in planner_questions:
            plan = await attempt(cw, question)
            planner.count(acceptable(cw, plan), question)
            coverage.count(isinstance(plan, SqlPlan), question)
    return [schema, routing, validation, planner, behaviour, coverage]


def valid(outcome: Outcome) -> bool:
    """Return whether the outcome survives its own JSON schema."""
    try:
        return OUTCOME.validate_json(OUTCOME.dump_json(outcome)) == outcome
    except ValidationError:
        return False


def acceptable(cw: Clearway, plan: Plan | Abstention | ClearwayError) -> bool:
    """Return whether planning came to a statement the interlock accepts, or to a typed no."""
    if isinstance(plan, SqlPlan):
        return isinstance(cw.check_sql(plan.sql), CheckedSql)
    return not isinstance(plan, ClearwayError)


async def attempt(cw: Clearway, question: str) -> Plan | Abstention | ClearwayError:
    """Return what planning came to."""
    try:
        return await cw.plan(question)
    except ClearwayError as error:
        return error


def report(tallies: list[Tally], verbose: bool) -> None:
    """Print one line a tally, and the failures where asked for."""
    for tally in tallies:
        gate = f"gate {tally.gate:.0%}" if tally.gate is not None else "no gate"
        mark = "pass" if tally.passed else "FAIL"
        print(f"{mark}  {tally.name:<28} {tally.rate:7.1%}  ({tally.right}/{tally.total}, {gate})")
        for note in tally.wrong if verbose or not tally.passed else ():
            print(f"        {note}")


def main() -> int:
    """Return 0 when every gate holds."""
    parser = argparse.ArgumentParser(description="Run the golden cases and check the gates.")
    parser.add_argument("--cases", type=Path, default=HERE / "golden.jsonl")
    parser.add_argument("--planner-cases", type=Path, default=HERE / "planner_golden.jsonl")
    parser.add_argument("--verbose", action="store_true", help="show every miss")
    options = parser.parse_args()
    lines = options.planner_cases.read_text("utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines if line.strip()]
    with tempfile.TemporaryDirectory(prefix="clearway-evals-") as home:
        settings = load_settings()
        if settings.database_url is None:  # a store of its own: the user's audit is of their asking
            settings = settings.model_copy(update={"home": Path(home)})
        tallies = asyncio.run(evaluate(settings, load_cases(options.cases), questions))
    report(tallies, options.verbose)
    return 0 if all(tally.passed for tally in tallies) else 1


if __name__ == "__main__":
    sys.exit(main())
