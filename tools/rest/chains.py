"""Chains of calls: an operation that answers, and those that bring what it needs.

The best chain speaks of all the question says and uses all it names, in as few calls as it can.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from clearway.plans import RestStep, Taken
from clearway.tools.docs.terms import stem
from clearway.tools.rest.bind import Bound, bind
from clearway.tools.rest.fit import WHO, Fit, Link, lacking
from clearway.tools.rest.links import Brings, Links, identifies
from clearway.tools.rest.literals import Said, literals
from clearway.tools.rest.rank import Ranker, key_terms
from clearway.tools.rest.registry import Registry
from clearway.tools.rest.types import Operation, Parameter
from clearway.tools.rest.words import asked, split

MAX_STEPS = 3
TARGETS = 30
"""Operations that are considered as the one that answers."""
PRODUCERS = (0, 0, 4, 10)
"""Operations that are tried for an id that is needed, by how many calls there is room for."""
ABOUT = 0.6
"""How well a call that brings a kind of thing speaks of it."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Calls in order, and how well they fit the question."""

    operations: tuple[Operation, ...]
    steps: tuple[RestStep, ...]
    score: float
    covered: float
    """Share of the telling words of the question they speak of."""
    lacking: tuple[str, ...]
    """Required parameters of the last call nothing gives a value for."""
    unused: tuple[str, ...]
    """Literals of the question that went nowhere."""

    @property
    def answers(self) -> Operation:
        """The last operation."""
        return self.operations[-1]


class Chainer:
    """Finds chains in one view of the registry."""

    def __init__(self, registry: Registry) -> None:
        """Index the operations and who brings what."""
        self._operations = registry.operations
        self._ranker = Ranker(registry)
        self._links = Links(registry)
        self._about = self._links.by_operation
        self._known = frozenset(t for each in registry.operations for t in key_terms(each))

    def chains(self, question: str, *, writes: bool = False) -> list[Chain]:
        """Return one chain for each operation that could answer, the best first."""
        said = literals(question, self._known)
        own = frozenset(word for each in said for word in each.words)
        wanted = {
            term: near
            for term, near in asked(_without(question, said)).items()
            if term not in own and not term.isdigit()
        }
        if wanted.keys() - _SERVICE:
            wanted = {term: near for term, near in wanted.items() if term not in _SERVICE}
        if _asks_who(question) and self._links.people:
            wanted[WHO] = frozenset()
        ranked = self._ranker.rank(wanted, limit=len(self._operations))
        matched = self._spoken_of({each.operation.id: each.matched for each in ranked}, wanted)
        weights = {term: self._ranker.telling(term, near) for term, near in wanted.items()}
        fit = Fit(self._links, said, wanted, matched, weights)
        search = _Search(self._links, fit, said, wanted)
        targets = [each.operation for each in ranked if writes or each.operation.reads]
        found = [chain for each in targets[:TARGETS] if (chain := search.best(each))]
        return sorted(found, key=lambda each: (-each.score, len(each.steps), each.answers.id))

    def _spoken_of(
        self, matched: Mapping[str, Mapping[str, float]], wanted: Mapping[str, object]
    ) -> dict[str, dict[str, float]]:
        """Return what operations speak of, with the kinds of things they bring."""
        result = {name: dict(words) for name, words in matched.items()}
        for name, kinds in self._about.items():
            words = result.setdefault(name, {})
            for kind in kinds & wanted.keys():
                words[kind] = max(words.get(kind, 0.0), ABOUT)
            if WHO in wanted and kinds & self._links.people:
                words[WHO] = 1.0
        return result


class _Search:
    """One question's search."""

    def __init__(
        self,
        links: Links,
        fit: Fit,
        said: Sequence[Said],
        wanted: Mapping[str, frozenset[str]],
    ) -> None:
        self._links = links
        self._fit = fit
        self._said = said
        self._wanted = wanted
        self._bound: dict[str, Bound] = {}
        self._worths: dict[str, float] = {}
        self._sorted: dict[tuple[str, str], list[Brings]] = {}

    def best(self, target: Operation) -> Chain | None:
        """Return the best chain that ends in an operation."""
        scored = [
            (self._fit.score(links), -len(links), links)
            for links in self._ending(target, (), MAX_STEPS)
        ]
        if not scored:
            return None
        score, _, links = max(scored, key=lambda each: each[:2])
        return Chain(
            operations=tuple(each.operation for each in links),
            steps=tuple(_step(each) for each in links),
            score=score,
            covered=self._fit.covered(links),
            lacking=lacking(links),
            unused=self._fit.unused(links),
        )

    def _ending(
        self, operation: Operation, after: tuple[Operation, ...], room: int
    ) -> Iterator[tuple[Link, ...]]:
        """Yield chains that end in an operation; the first missing id is brought by another."""
        bound = self._binding(operation)
        ids = [each for each in bound.missing if identifies(operation, each)]
        if not ids or room <= 1:
            yield (Link(operation, bound),)
            return
        yield from self._brought(Link(operation, bound), ids[0], after, room)

    def _brought(
        self, link: Link, parameter: Parameter, after: tuple[Operation, ...], room: int
    ) -> Iterator[tuple[Link, ...]]:
        others = (
            each
            for each in self._promising(link.operation, parameter)
            if not any(each.operation is other for other in after)
        )
        bringing = list(islice(others, PRODUCERS[room]))
        for each in bringing:
            for before in self._ending(each.operation, (*after, link.operation), room - 1):
                brought = _with_choice(before, each)
                taken = ((parameter.name, len(brought) - 1, each.path),)
                yield (*brought, Link(link.operation, link.bound, taken, each.aside))
        if not bringing:
            yield (link,)

    def _promising(self, operation: Operation, parameter: Parameter) -> list[Brings]:
        """Return who brings a parameter, the most promising first."""
        key = (operation.id, parameter.name)
        if key not in self._sorted:
            bringing = self._links.bringing(operation, parameter)
            self._sorted[key] = sorted(bringing, key=lambda each: -self._worth(each.operation))
        return self._sorted[key]

    def _worth(self, operation: Operation) -> float:
        if operation.id not in self._worths:
            link = Link(operation, self._binding(operation))
            self._worths[operation.id] = self._fit.worth(link)
        return self._worths[operation.id]

    def _binding(self, operation: Operation) -> Bound:
        if operation.id not in self._bound:
            self._bound[operation.id] = bind(operation, self._said, self._wanted)
        return self._bound[operation.id]


def _with_choice(links: tuple[Link, ...], brings: Brings) -> tuple[Link, ...]:
    """Return the links, the last one told what to bring where it brings several kinds."""
    if brings.chosen is None:
        return links
    (name, value), last = brings.chosen, links[-1]
    bound = replace(
        last.bound,
        values={**last.bound.values, name: value},
        missing=tuple(each for each in last.bound.missing if each.name != name),
    )
    return (*links[:-1], replace(last, bound=bound))


def _without(question: str, said: Sequence[Said]) -> str:
    """Return a question without its codes, whose letters are no words."""
    for each in said:
        if each.kind == "code":
            question = question.replace(each.text, " ")
    return question


def _asks_who(question: str) -> bool:
    return not {"who", "whose", "whom"}.isdisjoint(split(question))


_SERVICE = frozenset(stem(w) for w in ("service", "api", "endpoint", "server", "url", "rest"))
"""What a question calls the thing it asks; it says nothing of what it asks for."""


def _step(link: Link) -> RestStep:
    return RestStep(
        operation_id=link.operation.id,
        parameters=dict(link.bound.values),
        takes={name: Taken(step=step, path=path) for name, step, path in link.takes},
    )
