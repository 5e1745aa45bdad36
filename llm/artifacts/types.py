"""What is asked for and what comes back: a request, and artifacts that were parsed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from clearway.llm.artifacts.schedule import check_schedule
from clearway.llm.providers.specs import Task
from clearway.outcome import Degradation

Mode = Literal["generate", "regenerate", "optimize", "debug", "describe", "analyze"]
Part = Literal["pipeline", "sql", "code", "yaml", "explanation"]
Place = str | dict[str, JsonValue]
"""A source or a target: its name, or what is known of it (name, type, dialect ...)."""

RULES = "rule_based_fallback"
MOST_PLACES = 100
MOST_TASKS = 500
TASK_ID = re.compile(r"[A-Za-z_][\w.-]{0,199}\Z")


class Strict(BaseModel):
    """Nothing in it changes, and nothing unknown is in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Hints(Strict):
    """What is known of the data. It is shown to the model as data and obeyed by nobody."""

    source_schemas: JsonValue = None
    target_schemas: JsonValue = None
    sample_data: JsonValue = None
    indexes: JsonValue = None
    constraints: JsonValue = None

    def given(self) -> dict[str, JsonValue]:
        """Return those that say something."""
        return {name: value for name, value in self.model_dump().items() if value not in (None, "")}


class ArtifactRequest(Strict):
    """One request for artifacts; `intent` is in the words of a person."""

    intent: str = Field(min_length=1)
    sources: list[Place] = Field(default_factory=list, max_length=MOST_PLACES)
    targets: list[Place] = Field(default_factory=list, max_length=MOST_PLACES)
    mode: Mode | None = None
    """None: as `generate`, with the temperature of the task."""
    task: Task | Literal["brainstorming"] | None = None
    """None: told from mode and intent."""
    hints: Hints = Hints()
    max_tokens: int | None = Field(default=None, gt=0)
    force_regenerate: bool = False
    """Ask a model again, whatever is kept."""
    provider: str | None = None
    """A provider to favour; it still has to pass every filter."""

    @field_validator("intent")
    @classmethod
    def _says_something(cls, intent: str) -> str:
        if not intent.strip():
            raise ValueError("the intent is empty")
        return intent


class PipelineTask(BaseModel):
    """One step of a pipeline; what it runs after comes before it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    task_id: str
    operator: str = Field(min_length=1, max_length=200)
    depends_on: tuple[str, ...] = ()
    description: str = ""

    @field_validator("task_id")
    @classmethod
    def _is_a_name(cls, task_id: str) -> str:
        if not TASK_ID.match(task_id):
            raise ValueError(f"{task_id[:40]!r} is no task_id: letters, digits, _ . and -")
        return task_id


class Pipeline(BaseModel):
    """Tasks with names of their own in an order that exists, and when they run."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = Field(min_length=1, max_length=200)
    tasks: Annotated[tuple[PipelineTask, ...], Field(min_length=1, max_length=MOST_TASKS)]
    schedule: str | None = None
    """Five fields of cron, or @daily and its like; None: it is started by hand."""

    @field_validator("schedule")
    @classmethod
    def _can_be_read(cls, schedule: str | None) -> str | None:
        return None if not schedule else check_schedule(schedule)

    @model_validator(mode="after")
    def _can_be_run(self) -> Pipeline:
        names = [task.task_id for task in self.tasks]
        if len(set(names)) < len(names):
            raise ValueError("a task_id stands twice in the pipeline")
        waits = {task.task_id: task.depends_on for task in self.tasks}
        for name, before in waits.items():
            if missing := sorted(set(before) - set(names)):
                raise ValueError(f"{name} depends on {', '.join(missing)}, which is no task")
        try:
            TopologicalSorter(waits).prepare()
        except CycleError:
            raise ValueError("its tasks wait for each other in a circle") from None
        return self


class Artifacts(BaseModel):
    """What was made; each part was parsed, none was run."""

    model_config = ConfigDict(frozen=True)

    pipeline: Pipeline | None = None
    sql: str | None = None
    code: str | None = None
    """Python."""
    yaml: str | None = None
    explanation: str = ""

    def parts(self) -> frozenset[Part]:
        """Return which parts there are."""
        named: Sequence[Part] = ("pipeline", "sql", "code", "yaml", "explanation")
        return frozenset(name for name in named if getattr(self, name))


class Generated(BaseModel):
    """Artifacts, who made them, how much they are to be trusted, and what they cost."""

    model_config = ConfigDict(frozen=True)

    artifacts: Artifacts
    confidence: float = Field(ge=0, le=1)
    """See `clearway.llm.artifacts.trust`: no more than the evidence allows."""
    reasons: tuple[str, ...] = ()
    """What the confidence is made of, in words."""
    generated_by: str
    """A provider's id, or `rule_based_fallback`."""
    task: Task | Literal["brainstorming"]
    mode: Mode
    statements: tuple[str, ...] = ()
    """What kinds of statement the SQL has: SELECT, INSERT, CREATE ..."""
    model: str = ""
    latency_ms: float = 0.0
    cost_usd: Decimal | None = Decimal(0)
    """Of all replies to it, those in vain too; None where a price is not known."""
    cache_hit: bool = False
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False
    """The provider did not say how many tokens; counted here."""
    simulated: bool = False
    trace_id: str = ""
    trace: dict[str, str] = Field(default_factory=dict)
    """Model -> what came of its last call."""
    policy: str = ""
    degradations: tuple[Degradation, ...] = ()
