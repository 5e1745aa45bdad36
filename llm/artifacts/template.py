"""What can be made without any model: extract, transform, load, every day at six."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import yaml

from clearway.llm.artifacts.types import Artifacts, Pipeline, PipelineTask, Place
from clearway.llm.artifacts.wants import TOLD

DAILY_AT_SIX = "0 6 * * *"
NAMING = ("name", "id", "table", "path", "type")
NO_TEMPLATE = (*TOLD, "debugging", "optimization")
"""What needs somebody who reads what is given."""
EXPLANATION = (
    "A template of the form extract, transform, load, made without a model from the names of "
    "sources and targets. What the intent asks for beyond moving the data is not in it."
)


def suits(task: str) -> bool:
    """Return whether a template says anything about such a task."""
    return task not in NO_TEMPLATE


def template(sources: Sequence[Place], targets: Sequence[Place]) -> Artifacts:
    """Return a pipeline over these places, and the same as YAML."""
    extracts = list(_named("extract", sources, "source"))
    loads = list(_named("load", targets, "target"))
    first, last = extracts[0].removeprefix("extract_"), loads[0].removeprefix("load_")
    tasks = [PipelineTask(task_id=each, operator="ExtractOperator") for each in extracts]
    tasks.append(
        PipelineTask(task_id="transform", operator="TransformOperator", depends_on=tuple(extracts))
    )
    tasks += [
        PipelineTask(task_id=each, operator="LoadOperator", depends_on=("transform",))
        for each in loads
    ]
    made = Pipeline(name=f"{first}_to_{last}", tasks=tuple(tasks), schedule=DAILY_AT_SIX)
    text = yaml.safe_dump(made.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    return Artifacts(pipeline=made, yaml=text, explanation=EXPLANATION)


def _named(doing: str, places: Sequence[Place], otherwise: str) -> Iterator[str]:
    """Yield a task_id for each place, each another; one for nobody in particular without any."""
    seen: set[str] = set()
    for place in places or [otherwise]:
        name = f"{doing}_{_slug(place) or otherwise}"
        each, again = name, 2
        while each in seen:
            each, again = f"{name}_{again}", again + 1
        seen.add(each)
        yield each


def _slug(place: Place) -> str:
    if isinstance(place, dict):
        place = next((str(place[key]) for key in NAMING if place.get(key)), "")
    return re.sub(r"\W+", "_", place).strip("_").lower()[:60]
