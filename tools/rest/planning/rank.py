"""Which operations a question could be about: BM25F over what a document says of them.

S. Robertson, H. Zaragoza, M. Taylor: Simple BM25 Extension to Multiple Weighted Fields (2004).
What the asker may not see is not indexed: it has no part in any score.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from clearway.tools.rest.declared.json_schema import choices_of
from clearway.tools.rest.declared.registry import Registry
from clearway.tools.rest.declared.types import Operation, Service
from clearway.tools.rest.declared.words import RELATED, stems
from clearway.tools.rest.planning.bodies import body_of

K1 = 1.2
WEIGHTS: Mapping[str, tuple[float, float]] = {
    "path": (3.0, 0.3),
    "summary": (3.0, 0.3),
    "first": (2.0, 0.4),
    "rest": (0.4, 0.7),
    "tags": (1.5, 0.3),
    "service": (0.8, 0.3),
    "parameters": (1.0, 0.5),
    "body": (1.0, 0.5),
    "choices": (1.0, 0.5),
    "told": (0.3, 0.7),
    "returns": (0.6, 0.6),
}
"""Weight of a field, and how much its length counts against it."""

_SENTENCE = re.compile(r"(?<=[.!?])\s|\n")


@dataclass(frozen=True, slots=True)
class Scored:
    """An operation and how much of the question it speaks of, between 0 and 1."""

    operation: Operation
    score: float
    matched: Mapping[str, float]
    """Term of the question -> how well the operation speaks of it, between 0 and 1."""


class Ranker:
    """Ranks the operations of one view of the registry."""

    def __init__(self, registry: Registry) -> None:
        """Index every operation once."""
        self.registry = registry
        services = registry.by_service
        fields = [_fields(each, services[each.service]) for each in registry.operations]
        lengths = {name: [len(each[name]) for each in fields] for name in WEIGHTS}
        average = {name: sum(each) / max(len(each), 1) or 1.0 for name, each in lengths.items()}
        self._postings: dict[str, list[tuple[int, float]]] = {}
        for number, each in enumerate(fields):
            for term, weight in _weighed(each, average).items():
                self._postings.setdefault(term, []).append((number, weight))
        self._count = max(len(fields), 1)

    def rank(self, asked: Mapping[str, Iterable[str]], *, limit: int = 50) -> list[Scored]:
        """Return operations that speak of the question, the best first; equal ones in their order.

        `asked` has the terms of the question with their relatives.
        """
        matched: dict[int, dict[str, float]] = {}
        weights: dict[str, float] = {}
        for term, near in asked.items():
            spoken = self._values(term, near)
            weights[term] = self._telling(len(spoken))
            for number, value in spoken.items():
                matched.setdefault(number, {})[term] = value
        total = sum(weights.values()) or 1.0
        found = [
            Scored(
                self.registry.operations[number],
                sum(weights[term] * value for term, value in values.items()) / total,
                values,
            )
            for number, values in matched.items()
        ]
        found.sort(key=lambda each: (-each.score, each.operation.id))
        return found[:limit]

    def telling(self, term: str, near: Iterable[str] = ()) -> float:
        """Return how much a term tells operations apart.

        One that none has tells that the calls pass over something.
        """
        return self._telling(len(self._values(term, near)))

    def _telling(self, with_it: int) -> float:
        if not with_it:
            return 1.0
        return math.log(1 + (self._count - with_it + 0.5) / (with_it + 0.5)) + 0.1

    def _values(self, term: str, near: Iterable[str]) -> dict[int, float]:
        values: dict[int, float] = {}
        for each, factor in ((term, 1.0), *((other, RELATED) for other in near)):
            for number, weight in self._postings.get(each, ()):
                value = factor * weight / (K1 + weight)
                values[number] = max(values.get(number, 0.0), value)
        return values


def key_terms(operation: Operation) -> frozenset[str]:
    """Return the stems that say what an operation is, beyond asking: its path and its summary."""
    return frozenset(stems(" ".join(fixed(operation)))) | frozenset(stems(operation.summary))


def fixed(operation: Operation) -> tuple[str, ...]:
    """Return the fixed parts of the path."""
    return tuple(part for part in operation.path.split("/") if part and "{" not in part)


def _fields(operation: Operation, service: Service) -> dict[str, Counter[str]]:
    described = _SENTENCE.split(operation.description, maxsplit=1)
    parameters = operation.parameters
    choices = (str(choice) for each in parameters for choice in choices_of(each.schema) if choice)
    texts: dict[str, Sequence[str]] = {
        "path": [part for part in operation.path.split("/") if "{" not in part],
        "summary": [operation.summary],
        "first": described[:1],
        "rest": described[1:],
        "tags": operation.tags,
        "service": [service.id, service.title, *service.synonyms],
        "parameters": [each.name for each in parameters],
        "body": _of_body(operation),
        "choices": list(choices),
        "told": [each.description for each in parameters],
        "returns": [each.path.rsplit(".", 1)[-1] for each in operation.returns],
    }
    return {name: Counter(t for text in said for t in stems(text)) for name, said in texts.items()}


def _of_body(operation: Operation) -> list[str]:
    body = body_of(operation)
    return [each.name for each in body.properties] if body else []


def _weighed(fields: Mapping[str, Counter[str]], average: Mapping[str, float]) -> dict[str, float]:
    result: dict[str, float] = {}
    for name, (weight, slope) in WEIGHTS.items():
        counted = fields[name]
        norm = 1 - slope + slope * len(counted) / average[name]
        for term, times in counted.items():
            result[term] = result.get(term, 0.0) + weight * min(times, 2) / norm
    return result
