"""Writes queries, relations and clauses."""

from __future__ import annotations

from sqlglot import exp

from clearway.tools.sql.guard.statement.spelling import fold
from clearway.tools.sql.guard.writing.windows import named_window
from clearway.tools.sql.guard.writing.writers import WRITERS, Writer, listed, part, render

# Queries


def _tail(node: exp.Expr) -> str:
    limit, offset = node.args.get("limit"), node.args.get("offset")
    order = part(node, "order")
    if isinstance(limit, exp.Fetch):  # OFFSET is written before FETCH
        return order + (part(node, "offset") if offset else "") + part(node, "limit")
    return order + part(node, "limit") + part(node, "offset")


def _select(node: exp.Expr) -> str:
    args = node.args
    parts = [part(node, "with_", "", " "), "SELECT", part(node, "distinct")]
    if node.expressions:
        parts.append(" " + listed(node.expressions))
    parts.append(part(node, "from_"))
    parts += [render(join) for join in args.get("joins") or ()]
    parts += [part(node, name) for name in ("where", "group", "having")]
    if windows := args.get("windows"):
        parts.append(" WINDOW " + ", ".join(named_window(window) for window in windows))
    parts.append(_tail(node))
    return "".join(parts)


def _set_operation(word: str) -> Writer:
    def write(node: exp.Expr) -> str:
        kind = word if node.args.get("distinct", True) else f"{word} ALL"
        both = f"{render(node.this)} {kind} {render(node.expression)}"
        return part(node, "with_", "", " ") + both + _tail(node)

    return write


def _subquery(node: exp.Expr) -> str:
    inner = f"{part(node, 'with_', '', ' ')}({render(node.this)})"
    joins = "".join(render(join) for join in node.args.get("joins") or ())
    return inner + _tail(node) + part(node, "alias", " AS ") + joins


def _values(node: exp.Expr) -> str:
    rows = f"{part(node, 'with_', '', ' ')}VALUES {listed(node.expressions)}{_tail(node)}"
    alias = node.args.get("alias")
    in_from = isinstance(node.parent, exp.From | exp.Join)
    return f"({rows}){part(node, 'alias', ' AS ')}" if alias or in_from else rows


def _with(node: exp.Expr) -> str:
    word = "WITH RECURSIVE " if node.args.get("recursive") else "WITH "
    return word + listed(node.expressions)


def _cte(node: exp.Expr) -> str:
    materialized = node.args.get("materialized")
    kept = "" if materialized is None else "MATERIALIZED " if materialized else "NOT MATERIALIZED "
    return f"{render(node.args['alias'])} AS {kept}({render(node.this)})"


# Relations


def _from(node: exp.Expr) -> str:
    return "FROM " + render(node.this)


def _table(node: exp.Expr) -> str:
    args = node.args
    if rows_from := args.get("rows_from"):
        name = f"ROWS FROM ({listed(rows_from)})"
    else:
        name = ("ONLY " if args.get("only") else "") + part(node, "db", "", ".") + render(node.this)
    ordinality = " WITH ORDINALITY" if args.get("ordinality") else ""
    alias = part(node, "alias", " AS ")
    joins = "".join(render(join) for join in args.get("joins") or ())
    return name + ordinality + alias + part(node, "sample") + joins


def _table_alias(node: exp.Expr) -> str:
    columns = node.args.get("columns")
    return part(node, "this", "") + (f"({listed(columns)})" if columns else "")


def _sample(node: exp.Expr) -> str:
    method = fold(node.text("method")).upper()
    return f"TABLESAMPLE {method} ({part(node, 'percent', '')})" + part(
        node, "seed", " REPEATABLE (", ")"
    )


def _join(node: exp.Expr) -> str:
    args = node.args
    words = [str(args[name]).upper() for name in ("method", "side", "kind") if args.get(name)]
    if not words and "on" not in args and "using" not in args:
        return ", " + render(node.this)
    target = render(node.this)
    on, using = args.get("on"), args.get("using")
    condition = f" ON {render(on)}" if on else f" USING ({listed(using)})" if using else ""
    if not words and not condition:
        return ", " + target
    return f" {' '.join([*words, 'JOIN'])} {target}{condition}"


def _lateral(node: exp.Expr) -> str:
    ordinality = " WITH ORDINALITY" if node.args.get("ordinality") else ""
    alias = part(node, "alias", " AS ")
    return f"LATERAL {render(node.this)}{ordinality}{alias}"


def _unnest(node: exp.Expr) -> str:
    ordinality = " WITH ORDINALITY" if node.args.get("offset") else ""
    return f"unnest({listed(node.expressions)}){ordinality}{part(node, 'alias', ' AS ')}"


# Clauses


def _group(node: exp.Expr) -> str:
    every = node.args.get("all")
    word = "" if every is None else "ALL " if every else "DISTINCT "
    return f"GROUP BY {word}{listed(node.expressions)}"


def _wrapped(word: str) -> Writer:
    return lambda node: f"{word}({listed(node.expressions)})"


def _order(node: exp.Expr) -> str:
    return f"{part(node, 'this', '', ' ')}ORDER BY {listed(node.expressions)}"


def _ordered(node: exp.Expr) -> str:
    descending = bool(node.args.get("desc"))
    nulls_first = bool(node.args.get("nulls_first"))
    nulls = "" if nulls_first == descending else (" NULLS FIRST" if nulls_first else " NULLS LAST")
    return render(node.this) + (" DESC" if descending else "") + nulls


def _fetch(node: exp.Expr) -> str:
    return f"FETCH FIRST{part(node, 'count')} ROWS{part(node, 'limit_options')}"


def _limit_options(node: exp.Expr) -> str:
    return "WITH TIES" if node.args.get("with_ties") else "ONLY"


def _distinct(node: exp.Expr) -> str:
    on = node.args.get("on")
    if on is not None:
        return f"DISTINCT ON {render(on)}"
    return "DISTINCT" + (f" {listed(node.expressions)}" if node.expressions else "")


WRITERS.update(
    {
        exp.Select: _select,
        exp.Union: _set_operation("UNION"),
        exp.Except: _set_operation("EXCEPT"),
        exp.Intersect: _set_operation("INTERSECT"),
        exp.Subquery: _subquery,
        exp.Values: _values,
        exp.With: _with,
        exp.CTE: _cte,
        exp.From: _from,
        exp.Table: _table,
        exp.TableAlias: _table_alias,
        exp.TableSample: _sample,
        exp.ColumnDef: lambda node: f"{render(node.this)} {render(node.args['kind'])}",
        exp.Join: _join,
        exp.Lateral: _lateral,
        exp.Unnest: _unnest,
        exp.Where: lambda node: f"WHERE {render(node.this)}",
        exp.Having: lambda node: f"HAVING {render(node.this)}",
        exp.Group: _group,
        exp.Rollup: _wrapped("ROLLUP "),
        exp.Cube: _wrapped("CUBE "),
        exp.GroupingSets: _wrapped("GROUPING SETS "),
        exp.Order: _order,
        exp.Ordered: _ordered,
        exp.Limit: lambda node: f"LIMIT {render(node.expression)}",
        exp.Offset: lambda node: f"OFFSET {render(node.expression)}",
        exp.Fetch: _fetch,
        exp.LimitOptions: _limit_options,
        exp.Distinct: _distinct,
    }
)
