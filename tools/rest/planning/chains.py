"""Chains of calls: an operation that answers, and those that bring what it needs.

The best chain speaks of all the question says and uses all it names, in as few calls as it can.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from clearway.plans import RestStep
from clearway.tools.docs.words.terms import stem
from clearway.tools.rest.declared.links import Brings, Links, kind_of
from clearway.tools.rest.declared.registry import Registry
from clearway.tools.rest.declared.types import Operation, Parameter
from clearway.tools.rest.declared.words import all_asked, asked, asks_who, several, split, stems
from clearway.tools.rest.planning.bind import Bound, bind
from clearway.tools.rest.planning.dates import When
from clearway.tools.rest.planning.fit import LACKING, PER_STEP, WHO, Fit
from clearway.tools.rest.planning.forms import Form, fields_of, form_of, spoken_by
from clearway.tools.rest.planning.given import (
    Given,
    period,
    without_codes,
    without_names,
    without_time,
)
from clearway.tools.rest.planning.link import Before, Link, lacking, needed_id, step_of, with_choice
from clearway.tools.rest.planning.literals import literals
from clearway.tools.rest.planning.negation import denied
from clearway.tools.rest.planning.rank import Ranker, key_terms
from clearway.tools.rest.planning.wanted import Wanted, asked_for, own_words

MAX_STEPS = 3
TARGETS = 30
"""Operations that are considered as the one that answers."""
PRODUCERS = (0, 0, 4, 10)
"""Operations that are tried for an id that is needed, by how many calls there is room for."""
ROUNDED = 1e-6
"""What is less than this apart may be equal."""
ABOUT = 0.6
"""How well a call that brings a kind of thing speaks of it."""

ASKED = 0.1
"""How much it counts that the last call names what the question asks for."""


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
    explained: float = 0.0
    """Share of the words of the question that some call speaks of at all."""
    named: float = 0.0
    """How much of what the question asks for the last call names."""
    placed: float = 1.0
    """How far names are looked for among the things the question says they name."""
    loose: int = 0
    """Values taken from the first of many that nothing singles out."""
    dropped: tuple[str, ...] = ()
    """What the question takes back, and no call says."""

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
        self._forms = {each.id: form_of(each) for each in registry.operations}
        self._own = {each.id: own_words(each) for each in registry.operations}
        writes = [each for each in registry.operations if not each.reads]
        texts = (text for each in writes for text in (each.summary, each.id.split(".", 1)[1]))
        self.verbs = frozenset(word for text in texts for word in split(text)[:1])
        """What operations that change something are said to do."""
        self._known = frozenset(t for each in registry.operations for t in key_terms(each))
        self._fields = fields_of(self._forms.values())
        self._spoken = self._known | spoken_by(self._forms.values())
        self._states = frozenset().union(*(form.choices for form in self._forms.values()))

    def chains(
        self, question: str, *, writes: bool = False, when: When | None = None
    ) -> list[Chain]:
        """Return one chain for each operation that could answer, the best first.

        `when` is the stretch of time the question names: given to a call, or left over as unused.
        """
        fields = self._fields if writes else None
        said = literals(without_time(question, when), self._known, fields)
        if when is not None:
            said = (*said, period(when))
        names = (each for each in said if each.kind == "name")
        own = frozenset(word for each in said for word in each.words)
        own |= {word for each in names for word in stems(each.text)}
        wanted = {
            term: near
            for term, near in asked(without_codes(question, said)).items()
            if term not in own and not term.isdigit()
        }
        if wanted.keys() - _SERVICE:
            wanted = {term: near for term, near in wanted.items() if term not in _SERVICE}
        if asks_who(question) and self._links.people:
            wanted[WHO] = frozenset()
        ranked = self._ranker.rank(wanted, limit=len(self._operations))
        matched = self._spoken_of({each.operation.id: each.matched for each in ranked}, wanted)
        weights = {term: self._ranker.telling(term, near) for term, near in wanted.items()}
        text = without_names(question, said)
        given = Given(
            said, wanted, when, denied(text, self._states, self._spoken),
            everything=all_asked(text),
        )  # fmt: skip
        fit = Fit(
            self._links, said, wanted, matched, weights,
            several=several(question), denials=given.denials,
        )  # fmt: skip
        thing = asked_for(without_time(question, when), said)
        search = _Search(self._links, fit, given, self._forms, thing=thing, own=self._own)
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
        given: Given,
        forms: Mapping[str, Form],
        *,
        thing: Wanted,
        own: Mapping[str, frozenset[str]],
    ) -> None:
        """`thing` is what is asked for, `own` what each operation brings, in stems."""
        self._thing = thing
        self._own = own
        self._links = links
        self._fit = fit
        self._given = given
        self._forms = forms
        self._bound: dict[str, Bound] = {}
        self._worths: dict[str, float] = {}
        self._sorted: dict[tuple[str, str], list[Brings]] = {}
        self._most: dict[tuple[str, bool, int], Before] = {}
        self._floor = -math.inf
        """The best score so far among chains that end in the operation looked at."""

    def best(self, target: Operation) -> Chain | None:
        """Return the best chain that ends in an operation."""
        self._floor = -math.inf
        best: tuple[Link, ...] = ()
        for links in self._ending(target, (), MAX_STEPS):
            score = self._fit.score(links)
            if score > self._floor or (score == self._floor and len(links) < len(best)):
                self._floor, best = score, links
        return self._chain(best) if best else None

    def _chain(self, links: tuple[Link, ...]) -> Chain:
        named = self._named(links[-1])
        return Chain(
            operations=tuple(each.operation for each in links),
            steps=tuple(step_of(each) for each in links),
            score=round(self._floor + ASKED * named, 9),
            covered=self._fit.covered(links),
            lacking=lacking(links),
            unused=self._fit.unused(links),
            explained=self._fit.explained(links),
            named=named,
            placed=min(map(self._fit.placed, links)),
            loose=self._fit.loose(links),
            dropped=self._fit.dropped(links),
        )

    def _named(self, last: Link) -> float:
        operation = last.operation
        if not operation.reads:
            return 1.0  # what a change is asked for by is its verb
        people = self._fit.spoken(operation, WHO) > 0
        return self._thing.named_by(self._own[operation.id], last.bound.words, people=people)

    def _ending(
        self, operation: Operation, after: tuple[Link, ...], room: int
    ) -> Iterator[tuple[Link, ...]]:
        """Yield chains that end in an operation; the first missing id is brought by another.

        Chains that cannot fit better than the best one so far are left out.
        """
        link = Link(operation, self._binding(operation))
        needed = needed_id(link) if room > 1 else None
        if needed is None:
            yield (link,)
        else:
            yield from self._brought(link, needed, after, room)

    def _brought(
        self, link: Link, parameter: Parameter, after: tuple[Link, ...], room: int
    ) -> Iterator[tuple[Link, ...]]:
        others = (
            each
            for each in self._promising(link.operation, parameter)
            if each.operation is not link.operation
            and not any(each.operation is other.operation for other in after)
        )
        bringing = list(islice(others, PRODUCERS[room]))
        whole = (link, *after)
        tail = self._fit.tail(whole)
        for each in bringing:
            if self._fit.at_most(tail, self._before(each, room - 1)) < self._floor - ROUNDED:
                continue
            for before in self._ending(each.operation, whole, room - 1):
                brought = with_choice(before, each)
                taken = ((parameter.name, len(brought) - 1, each.path),)
                yield (*brought, Link(link.operation, link.bound, taken, each.aside))
        if not bringing:
            yield (link,)

    def _before(self, brings: Brings, room: int) -> Before:
        """Return the most a call adds, with those that bring what it needs itself."""
        key = (brings.operation.id, brings.chosen is not None, room)
        if key not in self._most:
            link = Link(brings.operation, self._binding(brings.operation))
            before = self._fit.before(link, chosen=brings.chosen is not None)
            needed = needed_id(link) if room > 1 else None
            if needed is not None:
                before = self._with_more(before, link.operation, needed, room)
            self._most[key] = before
        return self._most[key]

    def _with_more(
        self, before: Before, operation: Operation, needed: Parameter, room: int
    ) -> Before:
        # Two of the likeliest may be in the chain already; others take their places.
        likely = self._promising(operation, needed)[: PRODUCERS[room] + MAX_STEPS - 1]
        more = [self._before(each, room - 1) for each in likely]
        return Before(
            covered=before.covered + max((each.covered for each in more), default=0.0),
            used=before.used.union(*(each.used for each in more)),
            against=before.against
            - LACKING
            + PER_STEP
            + min((each.against for each in more), default=0.0),
        )

    def _promising(self, operation: Operation, parameter: Parameter) -> list[Brings]:
        """Return who brings a parameter, the most promising first."""
        key = (operation.service, kind_of(operation, parameter))
        if key not in self._sorted:
            bringing = self._links.bringing(*key)
            self._sorted[key] = sorted(bringing, key=lambda each: -self._worth(each.operation))
        return self._sorted[key]

    def _worth(self, operation: Operation) -> float:
        if operation.id not in self._worths:
            link = Link(operation, self._binding(operation))
            self._worths[operation.id] = self._fit.worth(link)
        return self._worths[operation.id]

    def _binding(self, operation: Operation) -> Bound:
        if operation.id not in self._bound:
            bound = bind(self._forms[operation.id], self._given)
            self._bound[operation.id] = self._timed(operation, bound)
        return self._bound[operation.id]

    def _timed(self, operation: Operation, bound: Bound) -> Bound:
        """Count a stretch of time as given where the operation is about just that: `airing today`.

        Words chosen for a parameter count as well: `day` of `trending today`.
        """
        terms = self._given.when_terms - bound.words
        if not self._given.when_terms or self._given.when_at in bound.used:
            return bound
        if any(self._fit.spoken(operation, term) < ABOUT for term in terms):
            return bound
        return replace(bound, used=bound.used | {self._given.when_at})


_SERVICE = frozenset(stem(w) for w in ("service", "api", "endpoint", "server", "url", "rest"))
"""What a question calls the thing it asks; it says nothing of what it asks for."""
