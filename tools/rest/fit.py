"""How well a chain of calls fits a question: what it speaks of, what it uses, what it adds.

Weights are shares of a whole question, chosen once by hand; the bench shows what they come to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from clearway.tools.docs.terms import stem
from clearway.tools.rest.bind import Bound
from clearway.tools.rest.links import Links
from clearway.tools.rest.literals import Said
from clearway.tools.rest.rank import fixed
from clearway.tools.rest.types import Operation
from clearway.tools.rest.words import split

WHO = "?who"
"""Stands for what `who` asks for: calls that bring people speak of it."""

ANSWERING = 0.35
"""How much more it counts that the last call speaks of a word than that an earlier one does."""
NAMING = 0.3
"""All names and numbers of the question are given to a call."""
UNUSED = 0.2
"""A name or number is given to none."""
PER_STEP = 0.06
UNASKED = 0.12
"""What a call singles out, and nobody asked for."""
UNSAID = 0.08
"""A call about another kind of thing than those the question speaks of."""
ASIDE = 0.15
"""An id is taken from deep in a reply that is about something else."""
NEEDLESS, LITTLE = 0.15, 0.03
"""The last call speaks of hardly more than those before it did."""
GUESSING = 0.2
"""Something is taken from a call that nothing in the question points to."""
MISNAMED = 0.15
"""A name is looked for among things of another kind than the question says."""
SEARCHING = 0.12
"""A chain that ends in looking a name up, where more is asked than to find it."""
LACKING = 0.5
"""A value is missing: it cannot be called as it is."""
KIND = 1.2
"""Least weight of a word that names a kind of thing."""

_FORM = frozenset(stem(word) for word in ("list", "search", "details", "info", "all", "v1", "v2"))


@dataclass(frozen=True, slots=True)
class Link:
    """A call of a chain under construction."""

    operation: Operation
    bound: Bound
    takes: tuple[tuple[str, int, str], ...] = ()
    """Parameter, the step that brings it, and where in its reply."""
    aside: bool = False


class Fit:
    """Scores the chains of one question."""

    def __init__(
        self,
        links: Links,
        said: Sequence[Said],
        wanted: Mapping[str, frozenset[str]],
        matched: Mapping[str, Mapping[str, float]],
        weights: Mapping[str, float],
    ) -> None:
        """`matched` is how well each operation speaks of each wanted word, by its id."""
        self._links = links
        self._said = said
        self._matched = matched
        self._weights = {
            term: max(weight, KIND if term in links.kinds or term == WHO else 0.0)
            for term, weight in weights.items()
        }
        self._total = sum(self._weights.values()) or 1.0
        self._mentioned = links.kinds & wanted.keys()
        self._spoken = frozenset(wanted).union(*wanted.values())
        self._more = any(term not in links.kinds for term in wanted)
        self._meant = [at for at, each in enumerate(said) if each.kind != "ordinal"]
        self._costs: dict[tuple[str, bool], float] = {}
        self._speaks: dict[str, dict[str, float]] = {}
        self._covered: dict[tuple[str, ...], float] = {}

    def score(self, links: tuple[Link, ...]) -> float:
        """Return how well a chain fits; higher is better, and only the order means something."""
        covered = self.covered(links)
        last = links[-1]
        used = {index for each in links for index in each.bound.used}
        unused = any(index not in used for index in self._meant)
        needless = len(links) > 1 and covered - self.covered(links[:-1]) < LITTLE
        fits = (
            covered
            + ANSWERING * self.covered((last,))
            + NAMING * (len(used) / len(self._said) if self._said else 1.0)
            - UNUSED * unused
            - PER_STEP * (len(links) - 1)
            - sum(self._against(each, answers=each is last) for each in links)
            - NEEDLESS * needless
            - GUESSING * self._guesses(links)
            - SEARCHING * (self._more and self._names(last))
            - LACKING * len(lacking(links))
        )
        return round(fits, 9)  # equal chains stay equal, in whatever order they were added up

    def _against(self, link: Link, *, answers: bool) -> float:
        """Return what a call costs a chain, whatever stands beside it."""
        key = (link.operation.id, answers)
        if key not in self._costs:
            self._costs[key] = (
                UNASKED * self._not_asked(link.operation, answers=answers)
                + UNSAID * self._other_kind(link.operation)
                + MISNAMED * self._misnamed(link)
            )
        return self._costs[key] + ASIDE * link.aside

    def covered(self, links: Sequence[Link]) -> float:
        """Return the share of the question's telling words the calls speak of.

        A question gives an operation the same values wherever it stands in a chain.
        """
        key = tuple(each.operation.id for each in links)
        if key not in self._covered:
            best: dict[str, float] = {}
            for each in links:
                for term, value in self._spoken_by(each).items():
                    best[term] = max(best.get(term, 0.0), value)
            self._covered[key] = sum(best.values()) / self._total
        return self._covered[key]

    def _spoken_by(self, link: Link) -> dict[str, float]:
        """Return the words of the question a call speaks of, by how much they weigh in it."""
        name = link.operation.id
        if name not in self._speaks:
            matched = {**self._matched.get(name, {}), **dict.fromkeys(link.bound.words, 1.0)}
            self._speaks[name] = {
                term: self._weights.get(term, 0.0) * value for term, value in matched.items()
            }
        return self._speaks[name]

    def unused(self, links: Iterable[Link]) -> tuple[str, ...]:
        """Return the names and numbers that went nowhere."""
        used = {index for each in links for index in each.bound.used}
        return tuple(each.text for index, each in enumerate(self._said) if index not in used)

    def worth(self, link: Link) -> float:
        """Return how promising a call is to bring something, before its own chain is known."""
        return self.covered((link,)) + NAMING * len(link.bound.used)

    def _not_asked(self, operation: Operation, *, answers: bool) -> float:
        """Return the share of what an operation singles out that the question did not ask for.

        What the call that answers brings has to be asked for; the others bring what is needed.
        """
        *parts, last = fixed(operation) or ("",)
        own = _stems((*parts, last)) - self._links.kinds
        own = (own | (_stems((last,)) if answers else frozenset())) - _FORM
        return len(own - self._spoken) / len(own) if own else 0.0

    def _other_kind(self, operation: Operation) -> bool:
        kinds = _stems(fixed(operation)) & self._links.kinds
        return bool(self._mentioned and kinds and not kinds & self._mentioned)

    def _misnamed(self, link: Link) -> bool:
        kinds = self._links.by_operation.get(link.operation.id, frozenset())
        return bool(kinds) and any(
            self._elsewhere(self._said[index], kinds) for index in link.bound.used
        )

    def _elsewhere(self, said: Said, kinds: frozenset[str]) -> bool:
        """Whether a name belongs to none of these kinds, by the words beside it."""
        if said.kind != "name":
            return False
        told = self._links.kinds.intersection(said.near[:2])
        if told:
            return not told & kinds
        people = self._links.people
        return said.owner and bool(people) and not kinds & people

    def _guesses(self, links: tuple[Link, ...]) -> int:
        found = 0
        for index, each in enumerate(links[:-1]):
            if each.bound.used or each.bound.words or each.takes:
                continue
            own = self._matched.get(each.operation.id, {}).keys()
            others = {
                term
                for other in links[index + 1 :]
                for term in self._matched.get(other.operation.id, {})
            }
            found += not own - others
        return found

    def _names(self, link: Link) -> bool:
        return any(self._said[index].kind == "name" for index in link.bound.used)


def lacking(links: Iterable[Link]) -> tuple[str, ...]:
    """Return the required parameters nothing gives a value for."""
    return tuple(
        parameter.name
        for each in links
        for parameter in each.bound.missing
        if parameter.name not in {name for name, _, _ in each.takes}
    )


def _stems(parts: Iterable[str]) -> frozenset[str]:
    return frozenset(stem(word) for part in parts for word in split(part))
