"""What a search found when it was weighed, for the moment it runs: numbers of passages, no words.

Running a search reads its passages again, as its asker, so what they may see is decided then. Only
the ranking is not made twice. It is forgotten once used, and held by this process alone: whoever
does not find it searches.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from clearway.identity import Principal
from clearway.plans import CheckedDocs
from clearway.tools.docs.types import Found, Hit

MOST = 1_000
"""Searches held; of those never run the oldest go first."""

Key = tuple[str, Principal, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """A search's result without its passages."""

    scores: Mapping[int, float]
    """By passage, the best first."""
    weights: Mapping[str, float]
    mode: Literal["hybrid", "lexical"]
    trouble: str
    meant: tuple[tuple[int, int], ...] = ()

    def found(self, hits: Sequence[Hit]) -> Found | None:
        """Return the search with its passages as they are now, or None where one is gone."""
        by_id = {hit.chunk_id: hit for hit in hits}
        if by_id.keys() != self.scores.keys():
            return None
        return Found(
            hits=tuple(replace(by_id[at], score=score) for at, score in self.scores.items()),
            weights=dict(self.weights),
            mode=self.mode,
            trouble=self.trouble,
            meant=self.meant,
        )


class Weighed:
    """Rankings by request, asker and search."""

    def __init__(self) -> None:
        """Holds nothing yet."""
        self._held: OrderedDict[Key, Ranking] = OrderedDict()

    def hold(
        self, request_id: str, principal: Principal, search: CheckedDocs, found: Found
    ) -> None:
        """Hold what a search found until it is taken."""
        self._held[_key(request_id, principal, search)] = Ranking(
            scores={hit.chunk_id: hit.score for hit in found.hits},
            weights=found.weights,
            mode=found.mode,
            trouble=found.trouble,
            meant=found.meant,
        )
        while len(self._held) > MOST:
            self._held.popitem(last=False)

    def take(self, request_id: str, principal: Principal, search: CheckedDocs) -> Ranking | None:
        """Return what is held of a search, once."""
        return self._held.pop(_key(request_id, principal, search), None)


def _key(request_id: str, principal: Principal, search: CheckedDocs) -> Key:
    return request_id, principal, search.model_dump_json()
