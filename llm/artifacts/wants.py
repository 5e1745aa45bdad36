"""What a request is to bring: the task behind it, and the parts an answer must have."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from clearway.llm.artifacts.types import ArtifactRequest, Mode, Part
from clearway.llm.choice.classify import classify
from clearway.llm.providers.specs import Task

Kind = Task | Literal["brainstorming"]

OF_MODE: dict[Mode, Task] = {
    "optimize": "optimization",
    "debug": "debugging",
    "describe": "explanation",
    "analyze": "analysis",
}
WRITTEN: frozenset[Part] = frozenset({"sql", "code", "yaml"})
OF_TASK: dict[str, frozenset[Part]] = {
    "sql_generation": frozenset({"sql"}),
    "python_code": frozenset({"code"}),
    "yaml_config": frozenset({"yaml"}),
    "optimization": WRITTEN | {"pipeline"},
    "debugging": WRITTEN | {"pipeline", "explanation"},
    "schema_design": frozenset({"sql", "yaml"}),
    "data_modeling": frozenset({"sql", "yaml"}),
    "transformation": WRITTEN | {"pipeline"},
    "explanation": frozenset({"explanation"}),
    "analysis": frozenset({"explanation"}),
    "brainstorming": frozenset({"explanation"}),
}
"""Of these at least one."""
TOLD = ("explanation", "analysis", "brainstorming")
"""Tasks that end in words and not in something that could run."""


@dataclass(frozen=True, kw_only=True)
class Wants:
    """The task, and what of an answer must be there."""

    task: Kind
    any_of: frozenset[Part]
    pipeline: bool
    """Data goes from somewhere to somewhere: there must be a pipeline as well."""

    @property
    def routed_as(self) -> Task:
        """Return the task that models are ranked for."""
        return "explanation" if self.task == "brainstorming" else self.task

    def missing(self, parts: Collection[Part]) -> str | None:
        """Return in words what is missing; None where nothing is."""
        if self.pipeline and "pipeline" not in parts:
            return "there is no pipeline"
        if self.any_of.isdisjoint(parts):
            return f"there is no {' and no '.join(sorted(self.any_of))}"
        return None


def wants_of(request: ArtifactRequest) -> Wants:
    """Return what the request wants: as it says, by its mode, else by its words."""
    task = request.task or OF_MODE.get(request.mode or "generate") or _told(request)
    moves = bool(request.sources and request.targets) and task not in (*TOLD, "debugging")
    return Wants(task=task, any_of=OF_TASK[task], pipeline=moves)


def _told(request: ArtifactRequest) -> Task:
    """Return the task of the intent; where it names none, data that moves is transformed."""
    known = classify(request.intent)
    if not known.words and request.sources and request.targets:
        return "transformation"
    return known.task
