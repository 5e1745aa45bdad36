"""Proposals and judgements: what a planner proposes, what is known about it, what was decided.

JSON-plain through `model_dump(mode="json")`; nothing here executes or decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    Tag,
    TypeAdapter,
    model_validator,
)

PlanSource = Literal["model", "rules", "cache", "raw", "verified"]
Tool = Literal["sql", "docs", "rest", "none"]
EvidenceKind = Literal[
    "asker",
    "objection",
    "identifiers",
    "coverage",
    "addition",
    "wording",
    "mentions",
    "values",
    "grounding",
    "joins",
    "agreement",
    "samples",
    "stated",
    "tokens",
    "repairs",
    "explain",
    "estimate",
    "support",
]
"""What a fact is about.

asker: a person wrote the statement, or vouches for it. objection: a check refused it.
identifiers: its names exist.
coverage and addition: the slots of the question, both ways. wording, mentions, values: the words,
names and values of the question, both ways. grounding: its values fit their columns. joins: rows
belong together by keys. agreement: the rules plan the same. samples: the model plans it again.
stated, tokens: the model's own word, and how likely it found its words. repairs: earlier tries.
explain, estimate: the database plans it, and what it expects. support: how much of what is asked
the passages speak of that the asker may see.
"""


class Model(BaseModel):
    """Frozen, and strict about unknown keys: a misspelt field is an error, not a default."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SqlPlan(Model):
    """One SQL statement someone proposes to run. Text only: it proves nothing by itself."""

    tool: Literal["sql"] = "sql"
    source: PlanSource
    source_id: str = Field(description="the Source (warehouse) it would run on")
    sql: str = Field(min_length=1)
    stated_confidence: float = Field(ge=0, le=1, description="the planner's own word; weak")
    assumptions: tuple[str, ...] = ()
    explanation: str = ""
    token_probability: float | None = Field(
        default=None, ge=0, le=1, description="geometric mean over its tokens, where a model tells"
    )
    others: tuple[str, ...] = Field(
        default=(), description="statements the same model proposed when asked again"
    )


class DocsPlan(Model):
    """A search of document collections."""

    tool: Literal["docs"] = "docs"
    source: PlanSource
    source_id: str
    query: str = Field(min_length=1)
    collections: tuple[str, ...] = Field(default=(), description="none named: all")
    since: datetime | None = Field(default=None, description="changed at this time or later")
    limit: int = Field(default=5, ge=1, le=50)
    stated_confidence: float = Field(ge=0, le=1)
    assumptions: tuple[str, ...] = ()
    explanation: str = ""


class Taken(Model):
    """A value an earlier call brings: `results[].id` of step 0, the first where there are many."""

    step: int = Field(ge=0)
    path: str = Field(min_length=1)


class RestStep(Model):
    """One call of one declared operation; never a URL."""

    operation_id: str = Field(min_length=1)
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    takes: dict[str, Taken] = Field(default_factory=dict)

    @property
    def shown(self) -> str:
        """Return it in one line, for people and for the record."""
        said: dict[str, object] = dict(self.parameters)
        said |= {name: f"{each.path} of step {each.step + 1}" for name, each in self.takes.items()}
        return f"{self.operation_id}({', '.join(f'{k}={v!r}' for k, v in said.items())})"


class RestPlan(Model):
    """Calls of declared operations, the last of which answers, or a look at how services are."""

    tool: Literal["rest"] = "rest"
    source: PlanSource
    source_id: str
    steps: tuple[RestStep, ...] = Field(default=(), max_length=4)
    health: tuple[str, ...] = Field(default=(), description="services whose checks are run instead")
    stated_confidence: float = Field(ge=0, le=1)
    assumptions: tuple[str, ...] = ()
    explanation: str = ""

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        """Refuse a plan of nothing, or of both."""
        if bool(self.steps) == bool(self.health):
            raise ValueError("a plan is calls, or health checks")
        return self


Plan = Annotated[SqlPlan | DocsPlan | RestPlan, Field(discriminator="tool")]

PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)
"""Reads a plan of any tool as the state keeps it."""


SOUND = 0.85
"""From this score on a fact is no reason to doubt."""


class Evidence(Model):
    """One checked fact for or against a plan."""

    kind: EvidenceKind
    score: float = Field(ge=0, le=1, description="1 speaks for the plan, 0 against it")
    detail: str = Field(description="one line a person can check")


class Rejection(Model):
    """Why the interlock said no, in words for the caller and a hint for the planner.

    Neither reveals whether a denied object exists.
    """

    layer: str = Field(description="text, tree, names, bounds, agreement, database, ...")
    rule: str = Field(description="stable id of the rule, e.g. `sql.single_statement`")
    reason: str
    remedy: str = Field(description="what would make it acceptable")
    position: int | None = Field(default=None, description="offset in the proposed text")


class CheckedSql(Model):
    """A statement proven to be a bounded read, rendered from the tree that was checked."""

    tool: Literal["sql"] = "sql"
    source_id: str
    sql: str
    relations: tuple[str, ...] = Field(description="schema-qualified, sorted")
    columns: tuple[str, ...] = Field(default=(), description="schema.table.column, sorted")
    personal: bool = Field(default=False, description="whether it reads a personal column")
    limit: int = Field(ge=0)
    notes: tuple[str, ...] = Field(default=(), description="what was changed, e.g. LIMIT injected")
    collected_width: float = Field(
        default=0.0, description="most bytes that one row adds to what an aggregate collects"
    )

    @property
    def statement(self) -> str:
        """Return what goes on record as executed."""
        return self.sql


class CheckedDocs(Model):
    """A search proven to stay within what the principal may name and within its bounds."""

    tool: Literal["docs"] = "docs"
    source_id: str
    query: str
    terms: tuple[str, ...]
    collections: tuple[str, ...] = ()
    since: datetime | None = None
    limit: int = Field(ge=1, le=50)
    personal: bool = False
    notes: tuple[str, ...] = ()

    @property
    def statement(self) -> str:
        """Return what goes on record as executed: the search, never what it found."""
        where = f" in {', '.join(self.collections)}" if self.collections else ""
        since = f" since {self.since.isoformat()}" if self.since else ""
        return f"search documents{where}{since}: {self.query}"


class CheckedRest(Model):
    """Calls proven to be declared, allowed, visible and valid: parameters as they will be sent."""

    tool: Literal["rest"] = "rest"
    source_id: str
    steps: tuple[RestStep, ...] = ()
    health: tuple[str, ...] = ()
    writes: bool = Field(default=False, description="whether a person must approve it first")
    personal: bool = False
    notes: tuple[str, ...] = ()

    @property
    def statement(self) -> str:
        """Return what goes on record as executed."""
        if self.health:
            return f"check the health of {', '.join(self.health)}"
        return "; ".join(step.shown for step in self.steps)


def _tool_of(value: object) -> str:
    """Return the tool of a checked plan; one that names none is a statement."""
    if isinstance(value, Mapping):
        return str(value.get("tool", "sql"))
    return str(getattr(value, "tool", "sql"))


Checked = Annotated[
    Annotated[CheckedSql, Tag("sql")]
    | Annotated[CheckedDocs, Tag("docs")]
    | Annotated[CheckedRest, Tag("rest")],
    Discriminator(_tool_of),
]
"""What may run. Each has `tool`, `source_id`, `notes`, `personal` (nothing of it stays in a
conversation) and `statement` (what goes on record)."""

CHECKED: TypeAdapter[Checked] = TypeAdapter(Checked)
"""Reads a checked plan of any tool as the state keeps it."""


class Proof(Model):
    """What the database itself says of a checked statement (EXPLAIN, nothing executed)."""

    cost: float
    rows: float
    relations: tuple[str, ...]
