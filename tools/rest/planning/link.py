"""The calls of a chain under construction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from clearway.plans import RestStep, Taken
from clearway.tools.rest.declared.links import Brings, identifies
from clearway.tools.rest.declared.types import Operation, Parameter
from clearway.tools.rest.declared.words import stems
from clearway.tools.rest.planning.bind import Bound
from clearway.tools.rest.planning.negation import Denial


@dataclass(frozen=True, slots=True)
class Link:
    """A call of a chain under construction."""

    operation: Operation
    bound: Bound
    takes: tuple[tuple[str, int, str], ...] = ()
    """Parameter, the step that brings it, and where in its reply."""
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Tail:
    """The last calls of a chain under construction."""

    covered: float
    rest: float
    """All else that counts and is settled."""
    used: frozenset[int]


@dataclass(frozen=True, slots=True)
class Before:
    """The most that calls before them may add."""

    covered: float
    used: frozenset[int]
    against: float


def passed_over(
    denials: Iterable[Denial], links: Sequence[Link], spoken: frozenset[str]
) -> tuple[str, ...]:
    """Return what is taken back and said by no call, by choices without it.

    Beside those, only names of parameters and words `spoken` anyway may be among its words.
    """
    kept_out = frozenset[str]().union(*(each.bound.kept_out for each in links))
    named = (term for each in links for p in each.operation.parameters for term in stems(p.name))
    beside = spoken.union(kept_out, named)
    return tuple(
        each.phrase for each in denials if not each.stems & kept_out or each.stems - beside
    )


def lacking(links: Iterable[Link]) -> tuple[str, ...]:
    """Return the required parameters nothing gives a value for."""
    return tuple(
        parameter.name
        for each in links
        if each.bound.missing
        for parameter in each.bound.missing
        if all(name != parameter.name for name, _, _ in each.takes)
    )


def needed_id(link: Link) -> Parameter | None:
    """Return the first id a call lacks, which another call may bring."""
    missing = link.bound.missing
    return next((each for each in missing if identifies(link.operation, each)), None)


def with_choice(links: tuple[Link, ...], brings: Brings) -> tuple[Link, ...]:
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


def step_of(link: Link) -> RestStep:
    """Return the step of a plan a call becomes."""
    return RestStep(
        operation_id=link.operation.id,
        parameters=dict(link.bound.values),
        takes={name: Taken(step=step, path=path) for name, step, path in link.takes},
    )
