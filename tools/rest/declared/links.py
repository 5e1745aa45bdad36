"""Which operations bring what others need: `/customers?query=` an id for `/customers/{id}`.

Read off the document: the fixed part of a path before a parameter names a kind of thing; a reply
that lists such things, or holds their ids, brings them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from clearway.tools.docs.words.terms import stem
from clearway.tools.rest.declared.registry import Registry
from clearway.tools.rest.declared.types import Operation, Parameter
from clearway.tools.rest.declared.words import split

ALIKE = 2.0
"""What two replies have in common before they speak of the same things: a property that only one
kind has counts 1, one that two kinds have 1/2, and so on; `id` and `name` count nothing."""

ID = re.compile(r"(?:^|[_-])(?:id|uuid|guid|key|slug|code)$|(?<=[a-z])(?:Id|ID|Uuid|UUID)$")
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_PEOPLE = frozenset(
    stem(word)
    for word in (
        "person", "user", "customer", "client", "member", "employee", "author", "owner", "contact",
        "patient", "student", "teacher", "guest", "player", "artist", "account", "agent", "driver",
        "candidate", "participant", "subscriber", "buyer", "seller", "staff", "worker", "profile",
    )
)  # fmt: skip
_CONTAINERS = frozenset(
    [
        "results",
        "result",
        "items",
        "item",
        "data",
        "entries",
        "records",
        "values",
        "content",
        "contents",
        "elements",
        "rows",
        "hits",
        "list",
    ]
)
_EVERYWHERE = frozenset(["id", "name", "url", "href", "link", "type", "created_at", "updated_at"])


@dataclass(frozen=True, slots=True)
class Brings:
    """An operation that brings ids of a kind of thing, and where they stand in its reply."""

    operation: Operation
    path: str
    chosen: tuple[str, str] | None = None
    """Parameter and value that make it bring this kind."""
    aside: bool = False
    """Whether the ids stand deeper in the reply: it is about something else."""


def kind_of(operation: Operation, parameter: Parameter) -> str:
    """Return the kind of thing a parameter identifies, as a stem; empty where it says none."""
    return _kind(operation.path, parameter.name)


@lru_cache(maxsize=16_384)
def _kind(path: str, name: str) -> str:
    bare = ID.sub("", name)
    if bare and bare != name:
        return stem(split(bare)[-1])
    segment = _before(path, name)
    return stem(split(segment)[-1]) if segment and split(segment) else ""


def _before(path: str, name: str) -> str:
    """Return the fixed part of the path before a parameter."""
    parts = [part for part in path.split("/") if part]
    for index, part in enumerate(parts):
        if f"{{{name}}}" in part:
            fixed = [each for each in parts[:index] if not _PLACEHOLDER.search(each)]
            return fixed[-1] if fixed else ""
    return ""


def identifies(operation: Operation, parameter: Parameter) -> bool:
    """Return whether a parameter takes the id of something, which another call can bring."""
    if parameter.schema.get("enum") or parameter.place == "body":
        return False
    return bool(ID.search(parameter.name)) or (
        parameter.place == "path" and not _ORDINAL.search(parameter.name)
    )


_ORDINAL = re.compile(r"(?:number|no|index|position|page|version|year|date)$", re.IGNORECASE)


class Links:
    """Who brings what, for one view of the registry."""

    def __init__(self, registry: Registry) -> None:
        """Read it off every operation once."""
        self._operations = registry.operations
        self._bringing: dict[tuple[str, str], tuple[Brings, ...]] = {}

    @cached_property
    def kinds(self) -> frozenset[str]:
        """Every kind of thing some operation needs the id of."""
        return frozenset(
            kind
            for each in self._operations
            for parameter in each.parameters
            if identifies(each, parameter) and (kind := kind_of(each, parameter))
        )

    @cached_property
    def by_kind(self) -> dict[tuple[str, str], list[Brings]]:
        """Service and kind -> who brings it."""
        result: dict[tuple[str, str], list[Brings]] = {}
        for each in self._operations:
            for kind, brings in self._brought(each):
                result.setdefault((each.service, kind), []).append(brings)
        return result

    @cached_property
    def by_operation(self) -> dict[str, frozenset[str]]:
        """Operation -> the kinds it is about, beyond those it is asked for by id."""
        result: dict[str, set[str]] = {}
        for (_, kind), all_brings in self.by_kind.items():
            for each in all_brings:
                if not each.aside:
                    result.setdefault(each.operation.id, set()).add(kind)
        return {name: frozenset(kinds) for name, kinds in result.items()}

    @cached_property
    def people(self) -> frozenset[str]:
        """The kinds that are people."""
        return self.kinds & _PEOPLE

    @cached_property
    def details(self) -> dict[str, str]:
        """Operation -> the kind of the one thing it brings: `/payments/{payment_id}`."""
        result: dict[str, str] = {}
        for each in self._operations:
            last = _PLACEHOLDER.findall(each.path.rsplit("/", 1)[-1])
            for parameter in each.parameters:
                if each.reads and last == [parameter.name] and identifies(each, parameter):
                    result[each.id] = kind_of(each, parameter)
        return result

    def bringing(self, service: str, kind: str) -> tuple[Brings, ...]:
        """Return who brings ids of a kind of thing without needing one of the same kind."""
        key = (service, kind)
        if key not in self._bringing:
            self._bringing[key] = tuple(
                each
                for each in self.by_kind.get(key, ())
                if kind not in self._needed.get(each.operation.id, ())
            )
        return self._bringing[key]

    @cached_property
    def _needed(self) -> dict[str, frozenset[str]]:
        """Operation -> the kinds it has to be given the id of."""
        return {
            each.id: frozenset(kind_of(each, p) for p in each.required if identifies(each, p))
            for each in self._operations
        }

    @cached_property
    def _coded_as(self) -> dict[str, str]:
        """Name of a parameter -> the kind that is told by it and never by an id: `/items/{sku}`."""
        names: dict[str, set[str]] = {}
        for each in self._operations:
            for parameter in each.parameters:
                if identifies(each, parameter) and (kind := kind_of(each, parameter)):
                    names.setdefault(kind, set()).add(parameter.name)
        return {
            name: kind
            for kind, called in names.items()
            if len(called) == 1
            and not ID.search(name := next(iter(called)))
            and stem(split(name)[-1]) != kind
        }

    def _brought(self, operation: Operation) -> Iterator[tuple[str, Brings]]:
        if not operation.reads:
            return
        seen: set[str] = set()
        for returned in operation.returns:
            if returned.type not in ("object", "array"):
                for kind, brings in self._told_by(operation, returned.path):
                    if kind not in seen:
                        seen.add(kind)
                        yield kind, brings

    def _told_by(self, operation: Operation, path: str) -> Iterator[tuple[str, Brings]]:
        """Yield the kinds of things a property tells apart."""
        holder, _, name = path.rpartition(".")
        if (coded := self._coded_as.get(name)) and coded == self._named(operation):
            if self._holds(operation, holder):
                yield coded, Brings(operation, path)
        elif name == "id":
            for kind, chosen in self._kinds_at(operation, holder):
                if kind not in self._coded_as.values():
                    yield kind, Brings(operation, path, chosen, aside=holder.count("[]") > 1)
        elif ID.search(name) and (words := split(ID.sub("", name))):
            kind = stem(words[-1])
            if kind in self.kinds:
                # A list of things with their own ids is about them: `/trips` has `trip_id`.
                aside = "[]" in holder and kind != self._named(operation)
                yield kind, Brings(operation, path, aside=aside)

    def _kinds_at(
        self, operation: Operation, holder: str
    ) -> Iterator[tuple[str, tuple[str, str] | None]]:
        """Yield the kinds whose ids stand at `holder` in a reply."""
        last = holder.replace("[]", "").rsplit(".", 1)[-1]
        own = [kind for word in reversed(split(last)) if (kind := stem(word)) in self.kinds]
        if last.lower() in _CONTAINERS and own[:1] != [self._named(operation)]:
            own = []  # `items` of a reply are whatever it lists, and seldom the things called items
        if own:
            yield own[0], None
            return
        for parameter in operation.required:
            choices = [str(each) for each in parameter.schema.get("enum") or ()]
            named = {stem(choice.lower()): choice for choice in choices}
            for kind in sorted(self.kinds & named.keys()):
                yield kind, (parameter.name, named[kind])
        if alike := self._alike(operation, holder):
            yield alike, None
            return
        if (named_kind := self._named(operation)) and self._holds(operation, holder):
            yield named_kind, None

    def _holds(self, operation: Operation, holder: str) -> bool:
        """Whether what stands at `holder` is what the operation is named after."""
        last = holder.replace("[]", "").rsplit(".", 1)[-1]
        if last:
            return holder.count("[]") <= 1 and last.lower() in _CONTAINERS
        if holder:
            return True
        nested = any(each.path.endswith("[].id") for each in operation.returns)
        return not (nested and _PLACEHOLDER.search(operation.path))

    def _named(self, operation: Operation) -> str:
        """Return the kind the path speaks of after its last parameter, else anywhere."""
        parts = [part for part in operation.path.split("/") if part]
        for part in reversed(parts):
            if _PLACEHOLDER.search(part):
                break
            for word in reversed(split(part)):
                if (kind := stem(word)) in self.kinds:
                    return kind
        return ""

    def _alike(self, operation: Operation, holder: str) -> str:
        """Return the kind whose own replies have most properties in common with these."""
        here = _names(operation, holder) - _EVERYWHERE
        scores = sorted(
            (
                (sum(self._rarity(n) for n in here & names), kind)
                for kind, names in self._shapes.items()
            ),
            reverse=True,
        )
        if not scores or scores[0][0] < ALIKE:
            return ""
        second = scores[1][0] if len(scores) > 1 else 0.0
        return scores[0][1] if scores[0][0] >= second + 1 else ""

    def _rarity(self, name: str) -> float:
        return 1 / sum(name in names for names in self._shapes.values())

    @cached_property
    def _shapes(self) -> dict[str, frozenset[str]]:
        """Kind -> the properties of one such thing, from the operation that returns it."""
        shapes: dict[str, frozenset[str]] = {}
        for each in self._operations:
            parts = [part for part in each.path.split("/") if part]
            ids = [p for p in each.required if p.place == "path"]
            if each.reads and len(ids) == 1 and parts and _PLACEHOLDER.search(parts[-1]):
                kind = kind_of(each, ids[0])
                shapes.setdefault(kind, frozenset(_names(each, "")) - _EVERYWHERE)
        return shapes


def _names(operation: Operation, holder: str) -> set[str]:
    prefix = f"{holder}." if holder else ""
    return {
        each.path[len(prefix) :]
        for each in operation.returns
        if each.path.startswith(prefix) and "." not in each.path[len(prefix) :]
    }
