"""How well a chain of calls fits a question: what it speaks of, what it uses, what it adds.

Weights are shares of a whole question, chosen by hand with the development questions in view: those
of `tests/corpora/rest` and of `evals/bench/rest.py`, which show what they come to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from clearway.tools.docs.words.terms import stem
from clearway.tools.rest.declared.links import Links, kind_of
from clearway.tools.rest.declared.types import Operation
from clearway.tools.rest.declared.words import split
from clearway.tools.rest.planning.link import Before, Link, Tail, lacking, passed_over
from clearway.tools.rest.planning.literals import Said
from clearway.tools.rest.planning.negation import Denial
from clearway.tools.rest.planning.rank import fixed

WHO = "?who"
"""Stands for what `who` asks for: calls that bring people speak of it."""

ANSWERING = 0.35
"""How much more it counts that the last call speaks of a word than that an earlier one does."""
NAMING = 0.3
"""All names and numbers of the question are given to a call."""
UNUSED = 0.4
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
SINGLE = 0.1
"""One thing is brought, and several of its kind were asked for."""
DENIED = 3.0
"""How many words one that takes something back counts for: passed over, it turns the answer."""
KIND = 1.2
"""Least weight of a word that names a kind of thing."""

Shares = tuple[float, ...]
"""Word by word of a question, how much of the whole a call speaks of."""
_NOTHING: frozenset[str] = frozenset()
_FORM = frozenset(stem(word) for word in ("list", "search", "details", "info", "all", "v1", "v2"))


class Fit:
    """Scores the chains of one question."""

    def __init__(
        self,
        links: Links,
        said: Sequence[Said],
        wanted: Mapping[str, frozenset[str]],
        matched: Mapping[str, Mapping[str, float]],
        weights: Mapping[str, float],
        *,
        several: frozenset[str] = frozenset(),
        denials: Sequence[Denial] = (),
    ) -> None:
        """`matched` is how well each operation speaks of each wanted word, by its id.

        `several` are the stems of what is said in the plural, `denials` what is taken back.
        """
        self._denials = denials
        self._plural = several.union(*(wanted[term] for term in several & wanted.keys()))
        self._several = several
        self._links = links
        self._said = said
        self._matched = matched
        self._keys = {name: frozenset(words) for name, words in matched.items()}
        self._weights = {
            term: max(weight, KIND if term in links.kinds or term == WHO else 0.0)
            for term, weight in weights.items()
        }
        self._total = sum(self._weights.values()) or 1.0
        self._mentioned = links.kinds & wanted.keys()
        self._spoken = frozenset(wanted).union(*wanted.values())
        self._more = any(term not in links.kinds for term in wanted)
        self._meant = frozenset(at for at, each in enumerate(said) if each.kind != "ordinal")
        self._costs: dict[tuple[str, bool], float] = {}
        self._speaks: dict[str, Shares] = {}

    def score(self, links: tuple[Link, ...]) -> float:
        """Return how well a chain fits; higher is better, and only the order means something."""
        last = links[-1]
        answers = self._shares(last)
        covered = answered = sum(answers)
        needless = False
        if len(links) > 1:
            before = _together([self._shares(each) for each in links[:-1]])
            covered = sum(map(max, before, answers))
            needless = covered - sum(before) < LITTLE
        used = last.bound.used.union(*(each.bound.used for each in links[:-1]))
        fits = (
            covered
            + ANSWERING * answered
            + self._naming(used)
            - PER_STEP * (len(links) - 1)
            - sum([self._against(each, answers=each is last) for each in links])
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
                + SINGLE * (answers and self._links.details.get(key[0], "") in self._several)
            )
        return self._costs[key] + ASIDE * link.aside

    def covered(self, links: Sequence[Link]) -> float:
        """Return the share of the question's telling words the calls speak of.

        A question gives an operation the same values wherever it stands in a chain.
        """
        return sum(_together([self._shares(each) for each in links]))

    def explained(self, links: Sequence[Link]) -> float:
        """Return the share of the words of the question that some call speaks of, however little.

        A word that only says in passing counts whole here: what is left is spoken of nowhere.
        """
        words = [
            {**self._matched.get(each.operation.id, {}), **dict.fromkeys(each.bound.words, 1.0)}
            for each in links
        ]
        told = sum(any(each.get(term, 0.0) > 0 for each in words) for term in self._weights)
        denied = DENIED * len(self._denials)
        said = denied - DENIED * len(self.dropped(links))
        every = len(self._weights) + denied
        return (told + said) / every if every else 1.0

    def dropped(self, links: Sequence[Link]) -> tuple[str, ...]:
        """Return what the question takes back and no call says: it would be passed over."""
        return passed_over(self._denials, links, self._links.kinds | _FORM)

    def loose(self, links: Sequence[Link]) -> int:
        """Return how many values are those of the first of many that nothing singles out.

        That is where the question speaks of several, or says nothing of them at all.
        """
        found = 0
        for link in links:
            for name, step, _ in link.takes:
                kind = next(
                    kind_of(link.operation, p) for p in link.bound.missing if p.name == name
                )
                by = links[step]
                told = by.bound.used or by.bound.words or by.takes or kind in self._spoken
                found += kind in self._plural or not told
        return found

    def placed(self, link: Link) -> float:
        """Return how surely the names given to a call are names of what it looks through.

        A word beside a name says what it names; where none does, it is most likely a person.
        """
        if not link.operation.reads:
            return 1.0  # what is written goes where it was told to
        kinds = self._links.by_operation.get(link.operation.id, frozenset())
        names = [said for at in link.bound.used if (said := self._said[at]).kind == "name"]
        return min((self._placed(each, kinds) for each in names), default=1.0)

    def _placed(self, said: Said, kinds: frozenset[str]) -> float:
        if self._elsewhere(said, kinds):
            return 0.0
        told = self._links.kinds.intersection(said.near) & kinds
        return 1.0 if told or kinds & self._links.people else 0.5

    def spoken(self, operation: Operation, term: str) -> float:
        """Return how well an operation speaks of a word of the question, between 0 and 1."""
        return self._matched.get(operation.id, {}).get(term, 0.0)

    def _shares(self, link: Link) -> Shares:
        """Return how much of the question a call speaks of, word by word."""
        name = link.operation.id
        shares = self._speaks.get(name)
        if shares is None:
            matched = {**self._matched.get(name, {}), **dict.fromkeys(link.bound.words, 1.0)}
            shares = self._speaks[name] = tuple(
                weight * matched.get(term, 0.0) / self._total
                for term, weight in self._weights.items()
            )
        return shares

    def tail(self, links: tuple[Link, ...]) -> Tail:
        """Return what the last calls of a chain come to, each with one of its ids brought."""
        last = links[-1]
        return Tail(
            covered=self.covered(links),
            rest=ANSWERING * sum(self._shares(last))
            - PER_STEP * len(links)
            - sum([self._against(each, answers=each is last) for each in links])
            - SEARCHING * (self._more and self._names(last))
            - LACKING * sum(len(each.bound.missing) - 1 for each in links),
            used=last.bound.used.union(*(each.bound.used for each in links[:-1])),
        )

    def at_most(self, tail: Tail, before: Before) -> float:
        """Return what no chain with these calls at its end fits better than."""
        covered = min(tail.covered + before.covered, 1.0)
        return covered + tail.rest + self._naming(tail.used | before.used) - before.against

    def before(self, link: Link, *, chosen: bool) -> Before:
        """Return the most a call adds to a chain, as one that stands before others."""
        missing = max(len(link.bound.missing) - chosen, 0)
        return Before(
            covered=sum(self._shares(link)),
            used=link.bound.used,
            against=self._against(link, answers=False) + LACKING * missing,
        )

    def _naming(self, used: frozenset[int]) -> float:
        share = len(used) / len(self._said) if self._said else 1.0
        return NAMING * share - UNUSED * (not self._meant <= used)

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
            own = self._keys.get(each.operation.id, _NOTHING)
            later = (self._keys.get(other.operation.id, _NOTHING) for other in links[index + 1 :])
            found += not own.difference(*later)
        return found

    def _names(self, link: Link) -> bool:
        return any(self._said[index].kind == "name" for index in link.bound.used)


def _together(shares: Sequence[Shares]) -> Shares:
    """Return how much several calls speak of, word by word."""
    return shares[0] if len(shares) == 1 else tuple(map(max, *shares))


def _stems(parts: Iterable[str]) -> frozenset[str]:
    return frozenset(stem(word) for part in parts for word in split(part))
