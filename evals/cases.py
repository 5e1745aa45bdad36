"""Golden cases: a question and what any right behaviour must look like."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from clearway.errors import ConfigurationError
from clearway.outcome import Answered, Outcome

Kind = Literal["answered", "clarify", "refused", "needs_review", "denied", "limited", "failed"]


class Expectation(BaseModel):
    """What is judged: behaviour, never one particular SQL text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tool: tuple[str, ...]
    kind: tuple[Kind, ...]
    sql_contains: tuple[str, ...] = ()
    columns: int | None = None
    min_rows: int | None = None
    max_rows: int | None = None

    @field_validator("tool", "kind", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class Case(BaseModel):
    """One line of a golden file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    question: str
    expect: Expectation
    tags: tuple[str, ...] = Field(default=())

    def mistakes(self, outcome: Outcome) -> list[str]:
        """Return what the outcome gets wrong; empty when it is as expected."""
        wanted = self.expect
        found = []
        if outcome.kind not in wanted.kind:
            found.append(f"kind {outcome.kind}, expected {' or '.join(wanted.kind)}")
        if isinstance(outcome, Answered):
            sql = (outcome.sql or "").lower()
            found += [f"SQL lacks {part!r}" for part in wanted.sql_contains if part not in sql]
        if isinstance(outcome, Answered) and (result := outcome.result) is not None:
            if wanted.columns is not None and len(result.columns) != wanted.columns:
                found.append(f"{len(result.columns)} columns, expected {wanted.columns}")
            if wanted.min_rows is not None and result.row_count < wanted.min_rows:
                found.append(f"{result.row_count} rows, expected at least {wanted.min_rows}")
            if wanted.max_rows is not None and result.row_count > wanted.max_rows:
                found.append(f"{result.row_count} rows, expected at most {wanted.max_rows}")
        return found


def load_cases(path: Path) -> list[Case]:
    """Return the cases of a JSONL file; `ConfigurationError` names the line that is wrong."""
    cases = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            cases.append(Case.model_validate_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            raise ConfigurationError(f"{path.name} line {number}: {first['msg']}.") from None
    if not cases:
        raise ConfigurationError(f"{path.name} holds no case.")
    return cases
