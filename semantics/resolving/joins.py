"""How tables reach each other over foreign keys: the shortest path, if it is the only one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from clearway.semantics.judgement import words_of
from clearway.semantics.types import Catalog, ForeignKey, Table
from clearway.semantics.words.tokens import singular


@dataclass(frozen=True, slots=True)
class Edge:
    """One step from a table to another over one foreign key, in either direction."""

    source: str
    target: str
    pairs: tuple[tuple[str, str], ...]
    """Columns of source and target that must be equal."""
    to_one: bool
    """Whether a row of source has at most one row of target."""
    key: str
    """Name of the first foreign-key column: the role the step plays."""
    roles: frozenset[str]
    """What the key's name says beyond its table (`original` of `original_language_id`)."""

    @property
    def marked(self) -> bool:
        """Whether the key leads to its table in some special role."""
        return bool(self.roles)


Path = tuple[Edge, ...]


class JoinGraph:
    """All foreign keys of a visible catalog, declared or evident from names."""

    def __init__(self, catalog: Catalog) -> None:
        """Index the edges in both directions."""
        self._edges: dict[str, list[Edge]] = {table.qualified: [] for table in catalog.tables}
        self._paths: dict[tuple[str, str, bool], tuple[Path, ...]] = {}
        self._distances: dict[str, dict[str, int]] = {}
        self._pairs: set[str] = set()
        """Tables whose key is made of keys to others."""
        for table in catalog.tables:
            keys = {name for key in table.foreign_keys for name in key.columns}
            if table.primary_key and set(table.primary_key) <= keys:
                self._pairs.add(table.qualified)
            for key in (*table.foreign_keys, *_evident_keys(table, catalog.by_name)):
                self._add(table, key)

    def _add(self, table: Table, key: ForeignKey) -> None:
        target = f"{key.to_schema}.{key.to_table}"
        if target not in self._edges or any(name not in table.by_name for name in key.columns):
            return
        there = tuple(zip(key.columns, key.to_columns, strict=True))
        back = tuple((b, a) for a, b in there)
        roles = _roles(key)
        unique = set(table.primary_key) == set(key.columns) and bool(table.primary_key)
        self._edges[table.qualified].append(
            Edge(table.qualified, target, there, True, key.columns[0], roles)
        )
        self._edges[target].append(
            Edge(target, table.qualified, back, unique, key.columns[0], roles)
        )

    def edges(self, table: str) -> Iterable[Edge]:
        """Return the steps that leave a table."""
        return self._edges.get(table, ())

    def distances(self, start: str) -> Mapping[str, int]:
        """Return the number of steps to every table that can be reached."""
        known = self._distances.get(start)
        if known is None:
            known = self._distances[start] = {start: 0}
            queue = deque([start])
            while queue:
                here = queue.popleft()
                for edge in self._edges.get(here, ()):
                    if edge.target not in known:
                        known[edge.target] = known[here] + 1
                        queue.append(edge.target)
        return known

    def path(
        self, start: str, end: str, *, to_one: bool = False, hints: frozenset[str] = frozenset()
    ) -> Path | None:
        """Return the one best path, or None where there is none or several are as good.

        Among equally short paths one without role-marked keys wins; a hint (a word of the
        question) may ask for a role. With `to_one`, no step may multiply rows.
        """
        paths = self.paths(start, end, to_one=to_one)
        if not to_one:
            paths = self._unmarked(start, end, paths, hints) or paths
        if hints:
            asked = [p for p in paths if any(hints & e.roles for e in p)]
            paths = tuple(asked) or paths
        if len(paths) > 1:
            plain = min(sum(edge.marked for edge in path) for path in paths)
            paths = tuple(p for p in paths if sum(edge.marked for edge in p) == plain)
        return paths[0] if len(paths) == 1 else None

    def paths(self, start: str, end: str, *, to_one: bool = False) -> tuple[Path, ...]:
        """Return all shortest paths (at most 16)."""
        cached = self._paths.get((start, end, to_one))
        if cached is None:
            cached = self._paths[start, end, to_one] = self._shortest(start, end, to_one)
        return cached

    def _unmarked(
        self, start: str, end: str, paths: tuple[Path, ...], hints: frozenset[str]
    ) -> tuple[Path, ...]:
        """Employees on a project are its members, not who leads it: pairs before a special role."""
        if not paths or len(paths[0]) != 1 or any(hints & edge.roles for p in paths for edge in p):
            return ()
        if not all(edge.marked for path in paths for edge in path):
            return ()
        return tuple(
            (first, second)
            for first in self._edges.get(start, ())
            for second in self._edges.get(first.target, ())
            if first.target in self._pairs
            and second.target == end
            and not (first.marked or second.marked)
        )

    def _shortest(self, start: str, end: str, to_one: bool) -> tuple[Path, ...]:
        if start == end:
            return ((),)
        level: dict[str, list[Path]] = {start: [()]}
        seen = {start}
        while level:
            following: dict[str, list[Path]] = {}
            for here, paths in level.items():
                for edge in self._edges.get(here, ()):
                    if edge.target in seen or (to_one and not edge.to_one):
                        continue
                    grown = following.setdefault(edge.target, [])
                    grown.extend((*path, edge) for path in paths[: 16 - len(grown)])
            if end in following:
                return tuple(following[end])
            seen.update(following)
            level = following
        return ()


def _singulars(name: str) -> tuple[str, ...]:
    return tuple(singular(word) for word in words_of(name))


_PLAIN = frozenset(["id", "fk", "key", "code", "no", "number", "uuid", "ref"])


_ENDS = (
    frozenset(
        ["source", "origin", "departure", "depart", "departing", "from", "sender", "leaving"]
    ),
    frozenset(
        ["destination", "dest", "arrival", "arrive", "arriving", "to", "receiver", "landing"]
    ),
    frozenset(["report", "manager", "supervisor", "boss"]),
)
"""Words for the two ends of a movement, and for who is above whom."""


def _roles(key: ForeignKey) -> frozenset[str]:
    """Return what a key is called beyond its table, and other words for the same end."""
    if len(key.columns) != 1 or key.columns == key.to_columns:
        return frozenset()
    target = _singulars(key.to_table)
    words = {w.removesuffix(target[-1]).removeprefix(target[0]) for w in _singulars(key.columns[0])}
    said = frozenset(word for word in words if word) - _PLAIN - frozenset(target)
    if len(said) > 1:
        # `created_by`: who created it is said by `created`, and `by` is said of much else.
        said -= {"by"}
    return said.union(*(end for end in _ENDS if end & said))


def _evident_keys(table: Table, tables: Mapping[str, Table]) -> Iterable[ForeignKey]:
    """`customer_id` points to the only table whose single key is `customer_id`, or customers' `id`.

    Only where the table declares no foreign key at all: a database that has them means them.
    """
    if table.foreign_keys or table.kind == "view":
        return
    for column in table.columns:
        words = _singulars(column.name)
        if len(words) < 2 or words[-1] != "id" or table.primary_key == (column.name,):
            continue
        targets = [
            other
            for other in tables.values()
            if other is not table
            and len(other.primary_key) == 1
            and _singulars(other.name) == words[:-1]
            and other.by_name[other.primary_key[0]].type == column.type
        ]
        if len(targets) == 1:
            other = targets[0]
            yield ForeignKey(
                columns=(column.name,),
                to_schema=other.schema,
                to_table=other.name,
                to_columns=other.primary_key,
            )
