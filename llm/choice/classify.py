"""Tell the task from the text: by the words people use, no model, microseconds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml

from clearway.llm.providers.specs import Task

Group = Literal["code", "writing", "analysis"]
HEAD_CHARS = 1_500
"""How much of a long text is read: what is wanted stands at its beginning or its end."""
DEFAULT: Task = "analysis"

GROUPS: dict[Task, Group] = {
    "sql_generation": "code",
    "python_code": "code",
    "yaml_config": "code",
    "optimization": "code",
    "debugging": "code",
    "transformation": "code",
    "schema_design": "analysis",
    "data_modeling": "analysis",
    "analysis": "analysis",
    "explanation": "writing",
}


@dataclass(frozen=True, kw_only=True)
class Classified:
    """A task, the group it belongs to, and how clearly the text says so."""

    task: Task
    group: Group
    confidence: float
    """0 to 1; 0 where no word spoke for any task."""
    words: tuple[str, ...]
    """What decided it."""


@dataclass(frozen=True, kw_only=True)
class _Signs:
    """One pattern that finds all signs of a task in one pass, and the weight of each."""

    pattern: re.Pattern[str]
    weights: tuple[float, ...]


@cache
def _signs() -> dict[Task, _Signs]:
    """Return the signs of each task, in the order that decides between equals."""
    text = (files("clearway.llm.choice") / "signs.yaml").read_text("utf-8")
    listed: dict[Task, list[tuple[float, str]]] = yaml.safe_load(text)
    return {
        task: _Signs(
            pattern=re.compile(
                "|".join(rf"(?P<w{n}>\b(?:{sign})\b)" for n, (_, sign) in enumerate(signs)),
                re.IGNORECASE,
            ),
            weights=tuple(weight for weight, _ in signs),
        )
        for task, signs in listed.items()
    }


def classify(text: str) -> Classified:
    """Return the task a text asks for; deterministic, linear in its first and last characters."""
    read = text if len(text) <= 2 * HEAD_CHARS else f"{text[:HEAD_CHARS]} {text[-HEAD_CHARS:]}"
    scores = {task: _score(signs, read) for task, signs in _signs().items()}
    best = max(scores, key=lambda task: scores[task][0])
    points, words = scores[best]
    if points == 0:
        return Classified(task=DEFAULT, group=GROUPS[DEFAULT], confidence=0.0, words=())
    total = sum(score for score, _ in scores.values())
    return Classified(task=best, group=GROUPS[best], confidence=points / total, words=words)


def _score(signs: _Signs, text: str) -> tuple[float, tuple[str, ...]]:
    """Return the weights of the different signs found; a word said twice is not twice the sign."""
    found: dict[int, str] = {}
    for match in signs.pattern.finditer(text):
        if match.lastgroup is not None:
            found.setdefault(int(match.lastgroup[1:]), match.group().lower())
        if len(found) == len(signs.weights):
            break
    return sum(signs.weights[number] for number in found), tuple(found.values())
