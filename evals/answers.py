"""Whether answers are right: `python -m clearway.evals.answers QUESTIONS [--show]`.

QUESTIONS is JSON lines, packed or not, of `{"id", "question", "gold_sql"}` about the demo
warehouse. An answer is right when some of its columns, in some order, hold the rows of the gold
statement as a bag; where the gold has none to return, the answer must have none. What was asked
back or refused counts as declined. A gold statement the database rejects proves nothing: its
question is not asked, and is named by its id alone, outside the figures. Exit code 1 when less than
90 % of the answers are right.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg

from clearway.app import Clearway
from clearway.evals.routing import read_lines
from clearway.outcome import Answered, Outcome
from clearway.settings import load_settings
from clearway.tools.sql.session import Pool

RIGHT_FLOOR = 0.90
PENALTIES = (0, 5, 10)
Row = tuple[object, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Score a file of questions; see the module."""
    parser = argparse.ArgumentParser(description="Score answers against gold statements.")
    parser.add_argument("questions", type=Path)
    parser.add_argument("--show", action="store_true", help="print wrong and declined ones")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="clearway-evals-") as home:
        verdicts, rejected = asyncio.run(
            judge_all(read_lines(options.questions), Path(home), show=options.show)
        )
    return report(Counter(verdicts), rejected)


async def judge_all(
    questions: Iterable[dict[str, Any]], home: Path, *, show: bool = False
) -> tuple[list[str], list[str]]:
    """Return the verdicts, and the ids of questions whose gold statement does not run."""
    settings = load_settings(home=home, database_url=None, redis_url=None, row_limit=100_000)
    verdicts: list[str] = []
    rejected: list[str] = []
    async with Clearway.open(settings) as cw:
        for number, each in enumerate(questions):
            gold = await _gold(cw.wired.warehouse, str(each.get("gold_sql", "")))
            if gold is None:
                rejected.append(str(each["id"]))
                continue
            outcome = await cw.ask(str(each["question"]), user=f"case-{number}")
            verdict = judge(outcome, gold)
            verdicts.append(verdict)
            if show and verdict != "right":
                sql = outcome.sql if isinstance(outcome, Answered) else outcome.message
                print(f"  {verdict:<9}{each['id']} {each['question']!r}\n           {sql}")
    return verdicts, rejected


async def _gold(warehouse: Pool, sql: str) -> list[Row] | None:
    """Return the gold's rows, or None where the database rejects the statement."""
    try:
        return await _rows(warehouse, sql)
    except psycopg.Error:
        return None


async def _rows(warehouse: Pool, sql: str) -> list[Row]:
    async with warehouse.connection() as connection, connection.transaction():
        return list(await (await connection.execute(sql.encode())).fetchall())


def judge(outcome: Outcome, gold: Sequence[Row]) -> str:
    """Return `right`, `wrong`, `declined` or `failed`."""
    if outcome.kind == "failed":
        return "failed"
    if not isinstance(outcome, Answered) or outcome.result is None:
        return "declined"
    return "right" if holds(outcome.result.rows, gold) else "wrong"


def holds(rows: Sequence[Row], gold: Sequence[Row]) -> bool:
    """Return whether some columns of the rows are the gold's rows, in any order."""
    if len(rows) != len(gold):
        return False
    if not gold:
        return True
    wanted = Counter(tuple(map(plain, row)) for row in gold)
    ours = [tuple(map(plain, row)) for row in rows]
    choices = itertools.permutations(range(len(ours[0])), len(gold[0]))
    return any(
        Counter(tuple(row[index] for index in choice) for row in ours) == wanted
        for choice in choices
    )


def plain(value: object) -> object:
    """Return a value so that equal ones compare equal, whatever they travelled as."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, date):
        moment = value.replace(tzinfo=None) if isinstance(value, datetime) else value
        return moment.isoformat().removesuffix("T00:00:00")
    text = str(value).strip()
    for read in (_number, _moment):
        with suppress(ValueError):
            return read(text)
    return text


def _number(text: str) -> str:
    return f"{float(text):.6g}"


def _moment(text: str) -> object:
    return plain(datetime.fromisoformat(text))


def report(verdicts: Counter[str], rejected: Sequence[str] = ()) -> int:
    """Print the figures; return 1 where too few answers are right."""
    if rejected:
        print(f"excluded  {len(rejected)}, their gold does not run: {', '.join(rejected)}")
    total, right, wrong = sum(verdicts.values()), verdicts["right"], verdicts["wrong"]
    answered = right + wrong
    rate = right / answered if answered else 0.0
    if not total:
        print("nothing to judge")
        return 1
    print(f"answered  {answered} of {total} ({answered / total:.1%})")
    print(f"right     {right} of {answered} answered ({rate:.1%}); failed {verdicts['failed']}")
    scores = (f"RS({c}) {100 * (right - c * wrong) / total:.1f}" for c in PENALTIES)
    print("reliability score: " + ", ".join(scores))
    return int(rate < RIGHT_FLOOR)


if __name__ == "__main__":
    sys.exit(main())
