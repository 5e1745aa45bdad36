"""What connected services speak of, as data: read off their documents once, when they connect.

Words are singular and in lower case. Nothing here knows how a service is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from clearway.identity import Principal

_TOKEN = re.compile(r"[A-Za-z][\w-]*\d[\w-]*")
_CODE = re.compile(r"([A-Za-z]{2,}[-_]?)(?=[A-Za-z]*\d)")

Phrase = tuple[str, ...]
"""Words that name one thing together: `release date`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """The words of one service."""

    service: str
    things: frozenset[Phrase] = frozenset()
    """What its operations bring: the resources their paths are made of."""
    told: frozenset[str] = frozenset()
    """Every other word of its operations: summaries, tags, parameters, choices, properties."""
    acts: frozenset[tuple[str, str]] = frozenset()
    """What may be done, and to which thing: `("refund", "payment")`."""
    codes: frozenset[str] = frozenset()
    """How the codes of its things begin, in lower case: `tck-`."""
    roles: frozenset[str] | None = None
    users: frozenset[str] | None = None
    """Who may know of it; neither roles nor users: everyone."""
    _begins: Mapping[str, tuple[Phrase, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the things by their first word."""
        begins: dict[str, tuple[Phrase, ...]] = {}
        for thing in sorted(self.things, key=lambda each: (-len(each), each)):
            begins[thing[0]] = (*begins.get(thing[0], ()), thing)
        object.__setattr__(self, "_begins", MappingProxyType(begins))

    def open_to(self, principal: Principal) -> bool:
        """Return whether the principal may know of it."""
        if self.roles is None and self.users is None:
            return True
        return principal.user in (self.users or ()) or not principal.roles.isdisjoint(
            self.roles or ()
        )

    def things_in(self, words: Sequence[str]) -> list[Phrase]:
        """Return the things said, the longest name where several begin with a word."""
        found: list[Phrase] = []
        index = 0
        while index < len(words):
            named = next(
                (
                    each
                    for each in self._begins.get(words[index], ())
                    if tuple(words[index : index + len(each)]) == each
                ),
                (),
            )
            if named:
                found.append(named)
            index += len(named) or 1
        return found

    def coded(self, text: str) -> str:
        """Return the first code in a text that is one of its things'; empty where none is."""
        if not self.codes:
            return ""
        return next((each for each in _TOKEN.findall(text) if code_start(each) in self.codes), "")

    def knows(self, word: str) -> bool:
        """Return whether any of its operations speaks of a word."""
        return word in self.told or any(word in each for each in self._begins.get(word, ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The words of every connected service; empty where there is none."""

    services: tuple[Spoken, ...] = ()

    def visible_to(self, principal: Principal) -> Vocabulary:
        """Return the words of the services the principal may know of."""
        if all(each.open_to(principal) for each in self.services):
            return self
        return Vocabulary(services=tuple(e for e in self.services if e.open_to(principal)))

    def thing_words(self, words: Iterable[str]) -> frozenset[str]:
        """Return those of the words that name, or help to name, a thing of some service."""
        said = tuple(words)
        return frozenset(
            word for each in self.services for thing in each.things_in(said) for word in thing
        )


NO_SERVICES = Vocabulary()


def code_start(code: str) -> str:
    """Return how a code begins, in lower case: `tck-` of `TCK-1042`; empty for what is no code."""
    begins = _CODE.match(code)
    return begins[1].lower() if begins else ""
