"""The interlock: every tree layer in order, for one principal's view of the catalog."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Lock
from time import perf_counter
from typing import Protocol, TypeVar

from sqlglot import exp

from clearway.errors import ConfigurationError
from clearway.identity import Principal
from clearway.plans import CheckedSql, Rejection
from clearway.semantics.types import Catalog
from clearway.tools.sql.guard.bounding import Bounded, LimitMode, bound_rows, check_bounds, unwrap
from clearway.tools.sql.guard.bounds.width import cap
from clearway.tools.sql.guard.enums import enums_of
from clearway.tools.sql.guard.grammar import check as grammar
from clearway.tools.sql.guard.grammar.agree import check_agreement
from clearway.tools.sql.guard.grammar.reading import Reading
from clearway.tools.sql.guard.names.check import NameReader
from clearway.tools.sql.guard.policy import Policies, compile_filters, narrow
from clearway.tools.sql.guard.refusal import Refused, internal, unequal
from clearway.tools.sql.guard.statement.reading import read
from clearway.tools.sql.guard.statement.scope import View
from clearway.tools.sql.guard.statement.spelling import every_node
from clearway.tools.sql.guard.statement.text import TextLimits, check_text
from clearway.tools.sql.guard.tree.casts import check_casts
from clearway.tools.sql.guard.tree.check import check_tree
from clearway.tools.sql.guard.tree.mismatch import check_kinds
from clearway.tools.sql.guard.vocabulary import Vocabulary
from clearway.tools.sql.guard.writing.render import render

logger = logging.getLogger(__name__)

T = TypeVar("T")
Readable = Mapping[str, frozenset[str]]

MAX_VIEWS = 64
"""Sets of roles whose view of the catalog is kept; the least recently used goes first."""

_INNER_FUNCTIONS = frozenset({"current_setting"})
"""What masks may call and statements may not."""

FINAL_TEXT = TextLimits(chars=400_000, tokens=40_000, nesting=96)
"""What runs may be longer than what was asked: names are written out, policies put in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerReport:
    """One layer's word on a statement."""

    layer: str
    verdict: str
    """`passed`, or why it refused."""
    milliseconds: float


@dataclass(frozen=True, slots=True)
class _Seen:
    """What holders of one set of roles may name, and through what."""

    view: View
    policies: Policies
    vocabulary: Vocabulary
    columns: Readable
    """By table, the columns that the final text may name; policies read hidden ones too."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A statement after one pass through the layers."""

    sql: str
    """What runs."""
    named: str
    """The same before policies: names filled in, row limit set."""
    relations: frozenset[str]
    """Tables the statement names."""
    reads: frozenset[str]
    """The same, and those that row filters read."""
    columns: frozenset[str]
    open_names: bool
    """A name in it is left for Postgres to resolve; the tables around it are narrowed."""
    limit: int
    notes: tuple[str, ...]
    collected_width: float


def _readable(catalog: Catalog, visible: Catalog, policies: Policies) -> Readable:
    """Return the columns the final text may name; policies read hidden ones too."""
    hidden = policies.required | policies.reads(policies.required)
    tables = {table.qualified: table for table in visible.tables}
    tables |= {table.qualified: table for table in catalog.tables if table.qualified in hidden}
    return {name: frozenset(table.by_name) for name, table in tables.items()}


class Step(Protocol):
    """Runs one layer; a trace measures it."""

    def __call__(self, layer: str, run: Callable[[], T], /) -> T:
        """Return what the layer returns."""
        ...


def _untimed(_: str, run: Callable[[], T]) -> T:
    return run()


class SqlInterlock:
    """Proves a statement to be a bounded read of what a principal may see, or says why not.

    No I/O; safe to share between threads. The statement returned is written from the checked tree
    and has passed every layer a second time as text.
    """

    def __init__(
        self,
        catalog: Catalog,
        *,
        row_limit: int = 1000,
        limit_mode: LimitMode = "inject",
        strict_semicolons: bool = False,
        extra_functions: frozenset[str] = frozenset(),
        text_limits: TextLimits | None = None,
    ) -> None:
        self._catalog = catalog
        self._personal = frozenset(
            f"{table.qualified}.{column.name}"
            for table in catalog.tables
            for column in table.columns
            if column.sensitivity == "personal"
        )
        self._row_limit = row_limit
        self._limit_mode: LimitMode = limit_mode
        self._strict_semicolons = strict_semicolons
        self._vocabulary = Vocabulary.extended(extra_functions)
        self._text_limits = text_limits or TextLimits()
        self._filters = compile_filters(catalog, self._vocabulary)
        self._seen: OrderedDict[frozenset[str], _Seen] = OrderedDict()
        self._lock = Lock()

    def check(self, sql: str, principal: Principal) -> CheckedSql | Rejection:
        """Return the statement rendered anew from the checked tree, or why not."""
        return self._verdict(sql, principal, _untimed)

    def trace(
        self, sql: str, principal: Principal
    ) -> tuple[CheckedSql | Rejection, list[LayerReport]]:
        """Return the answer of `check`, and what each layer said up to the first that refused."""
        reports: list[LayerReport] = []

        def timed(layer: str, run: Callable[[], T]) -> T:
            started = perf_counter()
            verdict = "passed"
            try:
                return run()
            except Refused as refused:
                verdict = refused.rejection.reason
                raise
            finally:
                spent = (perf_counter() - started) * 1000
                reports.append(LayerReport(layer=layer, verdict=verdict, milliseconds=spent))

        return self._verdict(sql, principal, timed), reports

    def _verdict(self, sql: str, principal: Principal, step: Step) -> CheckedSql | Rejection:
        try:
            return self._check(sql, principal, step)
        except Refused as refused:
            return refused.rejection
        except ConfigurationError:
            raise
        except Exception as defect:
            # The boundary of the interlock: what it cannot judge does not pass.
            logger.exception("guard.defect", extra={"error": type(defect).__name__})
            return internal().rejection

    def _check(self, sql: str, principal: Principal, step: Step) -> CheckedSql:
        seen = self._view(principal)
        step("text", lambda: self._check_text(sql))
        written = step("grammar", lambda: grammar.read(sql, seen.vocabulary))
        root = step("tree", lambda: unwrap(check_tree(read(sql), seen.vocabulary)))
        draft = self._draft(root, seen, principal, step)
        rendered = step("agreement", lambda: self._agree(written, draft, seen))
        step("recheck", lambda: self._recheck(draft, rendered, seen, principal))
        return CheckedSql(
            source_id=self._catalog.source_id,
            sql=draft.sql,
            relations=tuple(sorted(draft.reads)),
            columns=tuple(sorted(draft.columns)),
            personal=not self._personal.isdisjoint(draft.columns),
            limit=draft.limit,
            notes=draft.notes,
            collected_width=draft.collected_width,
        )

    def _check_text(self, sql: str) -> None:
        check_text(sql, self._text_limits, strict_semicolons=self._strict_semicolons)

    def _draft(self, root: exp.Expr, seen: _Seen, principal: Principal, step: Step) -> _Draft:
        reader = NameReader(seen.view)
        nodes = step("names", lambda: self._names(root, reader))
        bounded = step("bounds", lambda: self._bounded(root, nodes, reader))
        named = step("render", lambda: render(root))
        final = step("policy", lambda: self._narrowed(bounded, reader, seen, principal))
        relations = frozenset(reader.relations)
        return _Draft(
            sql=named if final is None else final,
            named=named,
            relations=relations,
            reads=relations | seen.policies.reads(relations),
            columns=frozenset(reader.columns),
            open_names=bool(reader.open),
            limit=bounded.limit,
            notes=bounded.notes,
            collected_width=bounded.collected_width,
        )

    def _names(self, root: exp.Expr, reader: NameReader) -> list[exp.Expr]:
        reader.statement(root)
        nodes = every_node(root)
        check_casts(nodes, reader.bound)
        check_kinds(nodes, reader.bound, reader.paired)
        return nodes

    def _bounded(self, root: exp.Expr, nodes: list[exp.Expr], reader: NameReader) -> Bounded:
        widths = check_bounds(nodes, reader, self._row_limit)
        bounded = bound_rows(root, self._row_limit, self._limit_mode)
        return replace(
            bounded,
            open_counts=tuple(widths.open_counts),
            collected_width=widths.collected_width,
        )

    def _narrowed(
        self, bounded: Bounded, reader: NameReader, seen: _Seen, principal: Principal
    ) -> str | None:
        """Return the text with caps and policies put in, or None where none applies."""
        for count, most in bounded.open_counts:
            cap(count, most)
        required = seen.policies.required
        bases = [(node, table) for node, table, _ in reader.bases if table.qualified in required]
        bases += reader.to_narrow()
        for node, table in {id(node): (node, table) for node, table in bases}.values():
            narrow(node, seen.policies.narrowed(table.qualified, principal))
        changed = bounded.root is not reader.root or bounded.open_counts or bases
        return render(bounded.root) if changed else None

    def _agree(self, written: Reading, draft: _Draft, seen: _Seen) -> Reading:
        """Postgres's grammar must find the same meaning and tables in both texts."""
        rendered = grammar.read(draft.named, seen.vocabulary)
        check_agreement(written.statement, rendered.statement)
        if {f"{schema}.{name}" for schema, name in rendered.relations} != draft.relations:
            raise unequal()
        return rendered

    def _recheck(self, draft: _Draft, rendered: Reading, seen: _Seen, principal: Principal) -> None:
        """Read what will run from scratch, with the reader that did not write it."""
        check_text(draft.sql, FINAL_TEXT, strict_semicolons=False)
        final = rendered
        if draft.sql != draft.named:
            inner = seen.vocabulary.with_functions(_INNER_FUNCTIONS)
            final = grammar.read(draft.sql, inner)
        named = {f"{schema}.{name}" for schema, name in final.relations}
        if final.bare and not draft.open_names:
            raise unequal()
        if named - draft.reads or final.limit != draft.limit or final.strangers(seen.columns):
            raise unequal()
        if not all(seen.policies.applied(table, draft.sql, principal) for table in named):
            raise unequal()

    def _view(self, principal: Principal) -> _Seen:
        roles = principal.roles
        with self._lock:
            seen = self._seen.get(roles)
            if seen is not None:
                self._seen.move_to_end(roles)
                return seen
        visible = self._catalog.visible_to(principal)
        policies = Policies(visible, roles, self._filters)
        readable = _readable(self._catalog, visible, policies)
        vocabulary = self._vocabulary.with_enums(enums_of(visible))
        seen = _Seen(View.of(visible, self._catalog), policies, vocabulary, readable)
        with self._lock:
            self._seen[roles] = seen
            if len(self._seen) > MAX_VIEWS:
                self._seen.popitem(last=False)
        return seen
