"""Verified questions: JSON lines a person vouches for, and what they say of the plans made today.

    {"question": "revenue by region", "gold_sql": "SELECT region, sum(revenue) ..."}
    {"question": "revenue by region", "sql": "SELECT region, avg(revenue) ...", "verdict": "wrong"}

With `gold_sql` the question is planned afresh and its result held against the gold statement's;
with `sql` and `verdict` that statement is judged as the line says, and nothing runs. `id` and
`note` may be added.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from clearway.app import Clearway
from clearway.errors import ConfigurationError
from clearway.evals.answers import plain
from clearway.evals.fit import Example
from clearway.outcome import Answered, Cell
from clearway.parts import Weighed
from clearway.stores.feedback import Feedback

MAX_STEPS = 5000
"""Steps in matching columns that are tried."""


class Verified(BaseModel):
    """One line of a file of verified questions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str = Field(min_length=1, max_length=10_000)
    gold_sql: str | None = Field(default=None, min_length=1)
    sql: str | None = Field(default=None, min_length=1)
    verdict: Literal["right", "wrong"] | None = None
    id: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _one_way(self) -> Verified:
        judged = self.sql is not None and self.verdict is not None
        partly = (self.sql is None) != (self.verdict is None)
        if partly or judged == (self.gold_sql is not None):
            raise ValueError("give either gold_sql, or sql and verdict")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """A case that could not be used, and why."""

    line: int
    question: str
    why: str


def read_verified(path: Path) -> list[tuple[int, Verified]]:
    """Return the cases with their line numbers; `ConfigurationError` names the first bad line."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationError(f"{path} cannot be read ({why}).") from None
    cases = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            cases.append((number, Verified.model_validate_json(line)))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            what = f"{where}: {first['msg']}" if where else first["msg"]
            raise ConfigurationError(f"{path} line {number}: {what}.") from None
    if not cases:
        raise ConfigurationError(f"{path} holds no verified question.")
    return cases


def reviewed(entries: Iterable[Feedback]) -> list[tuple[int, Verified]]:
    """Return the cases that accepted feedback makes, with the entries' numbers.

    A correction is gold; without one the statement that ran was right or wrong, as marked.
    """
    cases = []
    for each in entries:
        if each.sql:
            case = Verified(question=each.question, gold_sql=each.sql)
        elif each.plan_sql:
            verdict: Literal["right", "wrong"] = "right" if each.mark == "up" else "wrong"
            case = Verified(question=each.question, sql=each.plan_sql, verdict=verdict)
        else:
            continue
        cases.append((each.feedback_id, case))
    return cases


async def judged_examples(
    cw: Clearway, cases: Iterable[tuple[int, Verified]]
) -> tuple[list[Example], list[Unused]]:
    """Return the examples the cases make, and the cases that make none.

    Statements run as a person's own SQL would: checked, proven, on record, never more than read.
    """
    examples: list[Example] = []
    unused: list[Unused] = []
    for line, case in cases:
        found = await _example(cw, case)
        if isinstance(found, Example):
            examples.append(found)
        else:
            unused.append(Unused(line=line, question=case.question, why=found))
    return examples, unused


async def _example(cw: Clearway, case: Verified) -> Example | str:
    weighed = await cw.weigh(case.question, sql=case.sql)
    if not isinstance(weighed, Weighed):
        return f"no plan: {weighed.reason}"
    if weighed.objection is not None:
        return f"the plan may not run: {weighed.objection.reason}"
    right = case.verdict == "right"
    if case.gold_sql is not None:
        gold = await _rows(cw, case.gold_sql)
        if isinstance(gold, str):
            return f"the gold statement gave no result to compare: {gold}"
        own = await _rows(cw, getattr(weighed.plan, "sql", ""))
        if isinstance(own, str):
            return f"the plan gave no result to compare: {own}"
        right = same_rows(own, gold)
    return Example(
        group=case.question.casefold(),
        source=weighed.plan.source,
        evidence=weighed.evidence,
        right=right,
    )


async def _rows(cw: Clearway, sql: str) -> Sequence[Sequence[Cell]] | str:
    outcome = await cw.ask(sql, bypass_cache=True)
    if not isinstance(outcome, Answered) or outcome.result is None:
        return outcome.message
    if outcome.result.truncated:
        return "it has more rows than CLEARWAY_ROW_LIMIT lets through"
    return outcome.result.rows


def same_rows(rows: Sequence[Sequence[Cell]], gold: Sequence[Sequence[Cell]]) -> bool:
    """Return whether some columns of the rows are the gold's rows, in any order of either."""
    if len(rows) != len(gold):
        return False
    if not gold:
        return True
    ours = [tuple(map(plain, row)) for row in rows]
    wanted = [tuple(map(plain, row)) for row in gold]
    target = Counter(wanted)
    return any(
        Counter(tuple(row[n] for n in choice) for row in ours) == target
        for choice in _choices(ours, wanted)
    )


def _choices(
    ours: Sequence[tuple[object, ...]], wanted: Sequence[tuple[object, ...]]
) -> Iterator[tuple[int, ...]]:
    """Yield ways to give each gold column a column of its own that holds the same values.

    At most `MAX_STEPS` are looked at: columns that are all alike have more ways than time.
    """
    held = [Counter(row[n] for row in ours) for n in range(len(ours[0]))]
    fits = [
        [n for n, values in enumerate(held) if values == Counter(row[k] for row in wanted)]
        for k in range(len(wanted[0]))
    ]
    if not all(fits):
        return
    pending: list[tuple[int, ...]] = [()]
    for _ in range(MAX_STEPS):
        if not pending:
            return
        taken = pending.pop()
        if len(taken) == len(fits):
            yield taken
        else:
            rest = reversed(fits[len(taken)])
            pending += [(*taken, n) for n in rest if n not in taken]
