"""What one question gives to calls: its names and numbers, its words, its stretch of time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from clearway.tools.rest.declared.words import asked
from clearway.tools.rest.planning.dates import When
from clearway.tools.rest.planning.literals import Said
from clearway.tools.rest.planning.negation import Denial


class Given:
    """What one question gives, indexed once for all operations it is bound to."""

    def __init__(
        self,
        said: Sequence[Said],
        wanted: Mapping[str, Iterable[str]],
        when: When | None = None,
        denials: Sequence[Denial] = (),
        *,
        everything: bool = False,
    ) -> None:
        """`wanted` has the stems that are no part of a literal, with their relatives.

        `everything` is whether all there are is asked for, or how many that is.

        Where there is a stretch of time, it is among what is `said`, with its words beside it.
        """
        self.said = tuple(said)
        self.terms = frozenset(wanted)
        self.denials = tuple(denials)
        self.denied = frozenset(each for denial in denials for each in denial.stems)
        """Stems of what is taken back."""
        self.related: dict[str, tuple[str, ...]] = {}
        for term, near in wanted.items():
            for other in near:
                self.related[other] = (*self.related.get(other, ()), term)
        self.heard = self.terms | self.denied | self.related.keys()
        self.kinds = frozenset(each.kind for each in said)
        self.alone = sum(each.kind in ("number", "code") for each in said) == 1
        self.everything = everything
        self.when = when
        self.when_at = next((at for at, each in enumerate(said) if each.kind == "period"), -1)
        """Where among what is said the stretch of time stands."""
        self.when_terms = frozenset(self.said[self.when_at].near) if when else frozenset()


def without_time(question: str, when: When | None) -> str:
    """Return a question without its stretch of time, whose numbers and names are none."""
    return question.replace(when.text, " ", 1) if when else question


def period(when: When) -> Said:
    """Return a stretch of time as something said, beside its own words."""
    words = tuple(term for term in asked(when.text) if not term.isdigit())
    return Said("period", when.text, words, frozenset())


def without_codes(question: str, said: Sequence[Said]) -> str:
    """Return a question without its codes, whose letters are no words."""
    for each in said:
        if each.kind == "code":
            question = question.replace(each.text, " ")
    return question


def without_names(question: str, said: Iterable[Said]) -> str:
    """Return a question without its names, which take nothing back."""
    for each in said:
        if each.kind == "name":
            question = question.replace(each.text, " ")
    return question
