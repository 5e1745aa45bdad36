"""Chains of calls: an operation that answers, and those that bring what it needs.

The best chain speaks of all the question says and uses all it names, in as few calls as it can.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from clearway.plans import RestStep, Taken
from clearway.tools.docs.terms import stem
from clearway.tools.rest.bind import Bound, bind
from clearway.tools.rest.links import Brings, Links, identifies
from clearway.tools.rest.literals import Said, literals
from clearway.tools.rest.rank import Ranker, Scored, fixed, key_terms
from clearway.tools.rest.registry import Registry
from clearway.tools.rest.types import Operation, Parameter
from clearway.tools.rest.words import asked, split

MAX_STEPS = 3
TARGETS = 60
PRODUCERS = 12
ANSWERING = 0.35
"""How much more it counts that the last call speaks of a word than that an earlier one does."""
NAMING = 0.3
PER_STEP = 0.06
UNASKED = 0.12
UNSAID = 0.08
UNUSED = 0.2
ASIDE = 0.15
NEEDLESS = 0.15
LITTLE = 0.03
GUESSING = 0.2
SEARCHING = 0.12
KIND = 1.2
ABOUT = 0.6
MISNAMED = 0.15
WHO = "?who"
LACKING = 0.5


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


@dataclass(frozen=True, slots=True)
class _Link:
    """A call of a chain under construction."""

    operation: Operation
    bound: Bound
    takes: tuple[tuple[str, int, str], ...] = ()
    aside: bool = False


class Chainer:
    """Finds chains in one view of the registry."""

    def __init__(self, registry: Registry) -> None:
        """Index the operations and who brings what."""
        self._ranker = Ranker(registry)
        self._links = Links(registry)
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
        people = _asks_who(question) and self._links.people
        if people:
            wanted[WHO] = frozenset()
        ranked = [
            s for s in self._ranker.rank(wanted, limit=TARGETS) if writes or s.operation.reads
        ]
        matched = {s.operation.id: s.matched for s in self._ranker.rank(wanted, limit=10**6)}
        for name, kinds in self._links.by_operation.items():
            found_words = dict(matched.get(name, {}))
            for kind in kinds & wanted.keys():
                found_words[kind] = max(found_words.get(kind, 0.0), ABOUT)
            if people and kinds & self._links.people:
                found_words[WHO] = 1.0
            matched[name] = found_words
        search = _Search(self._links, self._ranker, wanted, said, matched)
        found = [chain for each in ranked if (chain := search.best(each))]
        return sorted(found, key=lambda each: (-each.score, len(each.steps), each.answers.id))


class _Search:
    """One question's search."""

    def __init__(
        self,
        links: Links,
        ranker: Ranker,
        wanted: Mapping[str, frozenset[str]],
        said: Sequence[Said],
        matched: Mapping[str, Mapping[str, float]],
    ) -> None:
        self._links = links
        self._wanted = wanted
        self._said = said
        self._matched = matched
        self._weights = {
            term: max(ranker.telling(term, near), KIND if term in links.kinds or term == WHO else 0)
            for term, near in wanted.items()
        }
        self._mentioned = links.kinds & wanted.keys()
        self._total = sum(self._weights.values()) or 1.0
        self._bound: dict[str, Bound] = {}

    def best(self, target: Scored) -> Chain | None:
        """Return the best chain that ends in an operation."""
        made = [self._chain(links) for links in self._ending(target.operation, (), MAX_STEPS)]
        return max(made, key=lambda each: (each.score, -len(each.steps)), default=None)

    def _ending(
        self, operation: Operation, after: tuple[Operation, ...], room: int
    ) -> Iterator[tuple[_Link, ...]]:
        """Yield chains that end in an operation; the first missing id is brought by another."""
        bound = self._binding(operation)
        ids = [each for each in bound.missing if identifies(operation, each)]
        if not ids or room <= 1:
            yield (_Link(operation, bound),)
            return
        yield from self._brought(operation, bound, ids[0], after, room)

    def _brought(
        self,
        operation: Operation,
        bound: Bound,
        parameter: Parameter,
        after: tuple[Operation, ...],
        room: int,
    ) -> Iterator[tuple[_Link, ...]]:
        bringing = [
            each
            for each in self._links.bringing(operation, parameter)
            if each.operation not in after
        ]
        bringing.sort(key=lambda each: -self._worth(each.operation))
        for each in bringing[:PRODUCERS]:
            for before in self._ending(each.operation, (*after, operation), room - 1):
                brought = _with_choice(before, each)
                taken = ((parameter.name, len(brought) - 1, each.path),)
                yield (*brought, _Link(operation, bound, taken, each.aside))
        if not bringing:
            yield (_Link(operation, bound),)

    def _worth(self, operation: Operation) -> float:
        matched = self._matched.get(operation.id, {})
        spoken = sum(self._weights[term] * value for term, value in matched.items())
        return spoken / self._total + NAMING * len(self._binding(operation).used)

    def _binding(self, operation: Operation) -> Bound:
        if operation.id not in self._bound:
            self._bound[operation.id] = bind(operation, self._said, self._wanted)
        return self._bound[operation.id]

    def _chain(self, links: tuple[_Link, ...]) -> Chain:
        covered = self._covered(links)
        lacking = _lacking(links)
        used = frozenset(index for each in links for index in each.bound.used)
        unused = tuple(each.text for index, each in enumerate(self._said) if index not in used)
        share = len(used) / len(self._said) if self._said else 1.0
        unused_said = [
            index
            for index, each in enumerate(self._said)
            if each.kind != "ordinal" and index not in used
        ]
        score = (
            covered
            + ANSWERING * self._covered(links[-1:])
            + NAMING * share
            - PER_STEP * (len(links) - 1)
            - UNASKED * sum(self._unasked(each, answers=each is links[-1]) for each in links)
            - LACKING * len(lacking)
            - UNUSED * bool(unused_said)
            - UNSAID * sum(self._unsaid(each.operation) for each in links)
            - NEEDLESS * (len(links) > 1 and covered - self._covered(links[:-1]) < LITTLE)
            - GUESSING * self._guesses(links)
            - ASIDE * sum(each.aside for each in links)
            - MISNAMED * sum(self._misnamed(each) for each in links)
            - SEARCHING * self._only_searches(links[-1])
        )
        return Chain(
            operations=tuple(each.operation for each in links),
            steps=tuple(_step(each) for each in links),
            score=score,
            covered=covered,
            lacking=lacking,
            unused=unused,
        )

    def _covered(self, links: tuple[_Link, ...]) -> float:
        best: dict[str, float] = {}
        for each in links:
            for term, value in self._matched.get(each.operation.id, {}).items():
                best[term] = max(best.get(term, 0.0), value)
            best.update(dict.fromkeys(each.bound.words, 1.0))
        return (
            sum(self._weights.get(term, 0.0) * value for term, value in best.items()) / self._total
        )

    def _unsaid(self, operation: Operation) -> bool:
        """Whether the question speaks of kinds of things, and of none this operation is about."""
        kinds = {
            stem(word) for part in fixed(operation) for word in split(part)
        } & self._links.kinds
        return bool(self._mentioned and kinds and not kinds & self._mentioned)

    def _misnamed(self, link: _Link) -> bool:
        """Whether a name is looked for among things of another kind than the question says."""
        kinds = self._links.by_operation.get(link.operation.id, frozenset())
        for index in link.bound.used:
            said = self._said[index]
            if said.kind != "name" or not kinds:
                continue
            told = self._links.kinds.intersection(said.near[:2])
            if told and not told & kinds:
                return True
            if not told and said.owner and self._links.people and not kinds & self._links.people:
                return True
        return False

    def _guesses(self, links: tuple[_Link, ...]) -> int:
        """Return how many calls bring something the question gives no reason to take it from."""
        found = 0
        for index, each in enumerate(links[:-1]):
            own = set(self._matched.get(each.operation.id, {})) | each.bound.words
            others = {
                term
                for other in links[index + 1 :]
                for term in self._matched.get(other.operation.id, {})
            }
            brought = bool(each.takes)
            found += not (each.bound.used or each.bound.words or brought or own - others)
        return found

    def _only_searches(self, link: _Link) -> bool:
        """Whether a chain would end in looking a name up, where more is asked than to find it."""
        named = any(self._said[index].kind == "name" for index in link.bound.used)
        kinds = self._links.kinds
        return named and any(term not in kinds for term in self._wanted)

    def _unasked(self, link: _Link, *, answers: bool) -> float:
        """Return the share of what an operation singles out that the question did not ask for.

        What the call that answers brings has to be asked for; the others bring what is needed.
        """
        *parts, last = fixed(link.operation) or ("",)
        own = {stem(word) for part in (*parts, last) for word in split(part)} - self._links.kinds
        own = (own | ({stem(word) for word in split(last)} if answers else set())) - _FORM
        if not own:
            return 0.0
        spoken = set(self._wanted) | {each for near in self._wanted.values() for each in near}
        return len(own - spoken) / len(own)


def _with_choice(links: tuple[_Link, ...], brings: Brings) -> tuple[_Link, ...]:
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

_FORM = frozenset(stem(word) for word in ("list", "search", "details", "info", "all", "v1", "v2"))


def _lacking(links: tuple[_Link, ...]) -> tuple[str, ...]:
    return tuple(
        parameter.name
        for each in links
        for parameter in each.bound.missing
        if parameter.name not in {name for name, _, _ in each.takes}
    )


def _step(link: _Link) -> RestStep:
    return RestStep(
        operation_id=link.operation.id,
        parameters=dict(link.bound.values),
        takes={name: Taken(step=step, path=path) for name, step, path in link.takes},
    )
