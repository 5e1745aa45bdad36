"""Writes the checked tree as SQL: the only text that ever runs.

One function per accepted node type, nothing generic: what has no function here cannot be written.
Every name is quoted, comments are gone, types carry Postgres's own names. Writing is exact: the
result, read by Postgres's grammar, is the statement that was read (see `agree`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlglot import exp

from clearway.tools.sql.guard.reading import MARK
from clearway.tools.sql.guard.tree import call_name, fold, type_name

Writer = Callable[[exp.Expr], str]

INFIX: dict[type[exp.Expr], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.Pow: "^",
    exp.DPipe: "||",
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM",
    exp.NullSafeNEQ: "IS DISTINCT FROM",
    exp.BitwiseAnd: "&",
    exp.BitwiseOr: "|",
    exp.BitwiseXor: "#",
    exp.BitwiseLeftShift: "<<",
    exp.BitwiseRightShift: ">>",
    exp.ArrayContainsAll: "@>",
    exp.ArrayContainedBy: "<@",
    exp.ArrayOverlaps: "&&",
    exp.Adjacent: "-|-",
    exp.ExtendsLeft: "&<",
    exp.ExtendsRight: "&>",
    exp.StartsWith: "^@",
    exp.Overlaps: "OVERLAPS",
    exp.Distance: "<->",
    exp.JSONExtract: "->",
    exp.JSONExtractScalar: "->>",
    exp.JSONBExtract: "#>",
    exp.JSONBExtractScalar: "#>>",
    exp.JSONBContainsTopKey: "?",
    exp.JSONBContainsAnyTopKeys: "?|",
    exp.JSONBContainsAllTopKeys: "?&",
    exp.JSONBPathExists: "@?",
    exp.JSONBDeleteAtPath: "#-",
    exp.RegexpLike: "~",
    exp.RegexpILike: "~*",
    exp.SimilarTo: "SIMILAR TO",
    exp.Escape: "ESCAPE",
}
_NEGATED = {exp.RegexpLike: "!~", exp.RegexpILike: "!~*", exp.SimilarTo: "NOT SIMILAR TO"}


def render(node: exp.Expr) -> str:
    """Return the node as SQL; KeyError for a type the tree layer does not know either."""
    return WRITERS[type(node)](node)


def quoted(name: str) -> str:
    """Return a name as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return text as a string constant (standard_conforming_strings is on in every session)."""
    return "'" + text.replace("'", "''") + "'"


def _part(node: exp.Expr, name: str, before: str = " ", after: str = "") -> str:
    value = node.args.get(name)
    return f"{before}{render(value)}{after}" if isinstance(value, exp.Expr) else ""


def _list(nodes: Iterable[exp.Expr], separator: str = ", ") -> str:
    return separator.join([render(node) for node in nodes])


# Queries


def _tail(node: exp.Expr) -> str:
    limit, offset = node.args.get("limit"), node.args.get("offset")
    order = _part(node, "order")
    if isinstance(limit, exp.Fetch):  # OFFSET is written before FETCH
        return order + (_part(node, "offset") if offset else "") + _part(node, "limit")
    return order + _part(node, "limit") + _part(node, "offset")


def _select(node: exp.Expr) -> str:
    args = node.args
    parts = [_part(node, "with_", "", " "), "SELECT", _part(node, "distinct")]
    if node.expressions:
        parts.append(" " + _list(node.expressions))
    parts.append(_part(node, "from_"))
    parts += [render(join) for join in args.get("joins") or ()]
    parts += [_part(node, name) for name in ("where", "group", "having")]
    if windows := args.get("windows"):
        parts.append(" WINDOW " + ", ".join(_named_window(window) for window in windows))
    parts.append(_tail(node))
    return "".join(parts)


def _set_operation(word: str) -> Writer:
    def write(node: exp.Expr) -> str:
        kind = word if node.args.get("distinct", True) else f"{word} ALL"
        both = f"{render(node.this)} {kind} {render(node.expression)}"
        return _part(node, "with_", "", " ") + both + _tail(node)

    return write


def _subquery(node: exp.Expr) -> str:
    inner = f"{_part(node, 'with_', '', ' ')}({render(node.this)})"
    joins = "".join(render(join) for join in node.args.get("joins") or ())
    return inner + _tail(node) + _part(node, "alias", " AS ") + joins


def _values(node: exp.Expr) -> str:
    rows = f"{_part(node, 'with_', '', ' ')}VALUES {_list(node.expressions)}{_tail(node)}"
    alias = node.args.get("alias")
    in_from = isinstance(node.parent, exp.From | exp.Join)
    return f"({rows}){_part(node, 'alias', ' AS ')}" if alias or in_from else rows


def _with(node: exp.Expr) -> str:
    word = "WITH RECURSIVE " if node.args.get("recursive") else "WITH "
    return word + _list(node.expressions)


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
        name = f"ROWS FROM ({_list(rows_from)})"
    else:
        name = (
            ("ONLY " if args.get("only") else "") + _part(node, "db", "", ".") + render(node.this)
        )
    ordinality = " WITH ORDINALITY" if args.get("ordinality") else ""
    alias = _part(node, "alias", " AS ")
    joins = "".join(render(join) for join in args.get("joins") or ())
    return name + ordinality + alias + _part(node, "sample") + joins


def _table_alias(node: exp.Expr) -> str:
    columns = node.args.get("columns")
    return _part(node, "this", "") + (f"({_list(columns)})" if columns else "")


def _sample(node: exp.Expr) -> str:
    method = fold(node.text("method")).upper()
    return f"TABLESAMPLE {method} ({_part(node, 'percent', '')})" + _part(
        node, "seed", " REPEATABLE (", ")"
    )


def _join(node: exp.Expr) -> str:
    args = node.args
    words = [str(args[name]).upper() for name in ("method", "side", "kind") if args.get(name)]
    if not words and "on" not in args and "using" not in args:
        return ", " + render(node.this)
    target = render(node.this)
    on, using = args.get("on"), args.get("using")
    condition = f" ON {render(on)}" if on else f" USING ({_list(using)})" if using else ""
    if not words and not condition:
        return ", " + target
    return f" {' '.join([*words, 'JOIN'])} {target}{condition}"


def _lateral(node: exp.Expr) -> str:
    ordinality = " WITH ORDINALITY" if node.args.get("ordinality") else ""
    alias = _part(node, "alias", " AS ")
    return f"LATERAL {render(node.this)}{ordinality}{alias}"


def _unnest(node: exp.Expr) -> str:
    ordinality = " WITH ORDINALITY" if node.args.get("offset") else ""
    return f"unnest({_list(node.expressions)}){ordinality}{_part(node, 'alias', ' AS ')}"


# Clauses


def _group(node: exp.Expr) -> str:
    return "GROUP BY " + _list(node.expressions)


def _wrapped(word: str) -> Writer:
    return lambda node: f"{word}({_list(node.expressions)})"


def _order(node: exp.Expr) -> str:
    return f"{_part(node, 'this', '', ' ')}ORDER BY {_list(node.expressions)}"


def _ordered(node: exp.Expr) -> str:
    descending = bool(node.args.get("desc"))
    nulls_first = bool(node.args.get("nulls_first"))
    nulls = "" if nulls_first == descending else (" NULLS FIRST" if nulls_first else " NULLS LAST")
    return render(node.this) + (" DESC" if descending else "") + nulls


def _fetch(node: exp.Expr) -> str:
    return f"FETCH FIRST{_part(node, 'count')} ROWS{_part(node, 'limit_options')}"


def _limit_options(node: exp.Expr) -> str:
    return "WITH TIES" if node.args.get("with_ties") else "ONLY"


def _distinct(node: exp.Expr) -> str:
    on = node.args.get("on")
    if on is not None:
        return f"DISTINCT ON {render(on)}"
    return "DISTINCT" + (f" {_list(node.expressions)}" if node.expressions else "")


# Names and values


def _column(node: exp.Expr) -> str:
    return _part(node, "db", "", ".") + _part(node, "table", "", ".") + render(node.this)


def _identifier(node: exp.Expr) -> str:
    return quoted(node.name)


def _literal(node: exp.Expr) -> str:
    return literal(node.name) if node.args.get("is_string") else node.name


def _string(node: exp.Expr) -> str:
    return literal(node.name)


def _interval(node: exp.Expr) -> str:
    return f"INTERVAL {render(node.this)}{_part(node, 'unit')}"


def _variable(node: exp.Expr) -> str:
    return fold(node.name)


def _array(node: exp.Expr) -> str:
    items = node.expressions
    if items and isinstance(items[0], exp.Query):
        return f"ARRAY({render(items[0])})"
    return f"ARRAY[{_list(items)}]"


def _tuple(node: exp.Expr) -> str:
    return f"({_list(node.expressions)})"


def _bracket(node: exp.Expr) -> str:
    return render(node.this) + "".join(f"[{render(item)}]" for item in node.expressions)


def _json_path(node: exp.Expr) -> str:
    return _list(node.expressions, "")


def _data_type(node: exp.Expr) -> str:
    if node.args.get("this") is exp.DType.ARRAY:
        return render(node.expressions[0]) + "[]"
    sizes = f"({_list(node.expressions)})" if node.expressions else ""
    return _TYPE_SYNTAX.get(type_name(node), "{}{}").format(type_name(node), sizes)


_TYPE_SYNTAX = {
    "bpchar": "character{1}",
    "float8": "double precision",
    "timestamp": "timestamp{1} without time zone",
    "timestamptz": "timestamp{1} with time zone",
    "timetz": "time{1} with time zone",
    "time": "time{1} without time zone",
    "varbit": "bit varying{1}",
}


# Calls


def _call(node: exp.Expr) -> str:
    arguments = _list(node.expressions)
    name = call_name(node)
    if not arguments and name in _WITHOUT_PARENTHESES:
        return name
    return f"{name}({arguments})"


_WITHOUT_PARENTHESES = frozenset(
    {"current_time", "current_timestamp", "localtime", "localtimestamp"}
)


def _dot(node: exp.Expr) -> str:
    return f"{quoted(fold(node.this.name))}.{render(node.expression)}"


def _over(node: exp.Expr) -> str:
    alias = node.args.get("alias")
    body = _window_body(node)
    if alias is not None and not body:
        return f"{render(node.this)} OVER {render(alias)}"
    named = f"{render(alias)} " if alias is not None else ""
    return f"{render(node.this)} OVER ({(named + body).strip()})"


def _named_window(node: exp.Expr) -> str:
    alias = _part(node, "alias", "", " ")
    return f"{render(node.this)} AS ({(alias + _window_body(node)).strip()})"


def _window_body(node: exp.Expr) -> str:
    partition = node.args.get("partition_by")
    parts = [f"PARTITION BY {_list(partition)}" if partition else ""]
    parts += [_part(node, "order", ""), _part(node, "spec", "")]
    return " ".join(part for part in parts if part)


def _frame(node: exp.Expr) -> str:
    args = node.args
    start = f"{_bound(args.get('start'))} {args.get('start_side') or ''}".strip()
    end = f"{_bound(args.get('end') or 'CURRENT ROW')} {args.get('end_side') or ''}".strip()
    excluded = args.get("exclude")
    exclude = f" EXCLUDE {_EXCLUDED[excluded.name.upper()]}" if excluded else ""
    return f"{str(args['kind']).upper()} BETWEEN {start} AND {end}{exclude}"


_EXCLUDED = {
    "TIES": "TIES",
    "GROUP": "GROUP",
    "CURRENT ROW": "CURRENT ROW",
    "NO OTHERS": "NO OTHERS",
}


def _bound(value: exp.Expr | str | None) -> str:
    return render(value) if isinstance(value, exp.Expr) else str(value).upper()


def _substring(node: exp.Expr) -> str:
    span = _part(node, "start", " FROM ") + _part(node, "length", " FOR ")
    return f"substring({render(node.this)}{span})"


def _trim(node: exp.Expr) -> str:
    position = str(node.args.get("position") or "BOTH").upper()
    return f"TRIM({position} {_part(node, 'expression', '', ' ')}FROM {render(node.this)})"


def _overlay(node: exp.Expr) -> str:
    args = (
        f"{render(node.this)} PLACING {render(node.expression)} FROM {render(node.args['from_'])}"
    )
    return f"overlay({args}{_part(node, 'for_', ' FOR ')})"


# Conditions


def _infix(node: exp.Expr) -> str:
    return f"{render(node.this)} {INFIX[type(node)]} {render(node.expression)}"


def _chain(word: str) -> Writer:
    def write(node: exp.Expr) -> str:
        parts: list[exp.Expr] = []
        kind = type(node)
        while type(node) is kind:
            parts.append(node.expression)
            node = node.this
        parts.append(node)
        return f" {word} ".join(render(part) for part in reversed(parts))

    return write


def _not(node: exp.Expr) -> str:
    inner = node.this
    if isinstance(inner, exp.In):
        return _in(inner, "NOT IN")
    if isinstance(inner, exp.Between):
        return _between(inner, "NOT BETWEEN")
    if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Boolean):
        return f"{render(inner.this)} IS NOT {render(inner.expression)}"
    if type(inner) in _NEGATED:
        return f"{render(inner.this)} {_NEGATED[type(inner)]} {render(inner.expression)}"
    return "NOT " + render(inner)


def _prefix(word: str) -> Writer:
    return lambda node: f"{word} {render(node.this)}"


def _negative(node: exp.Expr) -> str:
    inner = render(node.this)
    return f"- {inner}" if inner.startswith("-") else f"-{inner}"


def _in(node: exp.Expr, word: str = "IN") -> str:
    query = node.args.get("query")
    choices = render(query) if query is not None else f"({_list(node.expressions)})"
    return f"{render(node.this)} {word} {choices}"


def _between(node: exp.Expr, word: str = "BETWEEN") -> str:
    symmetric = "SYMMETRIC " if node.args.get("symmetric") else ""
    low, high = render(node.args["low"]), render(node.args["high"])
    return f"{render(node.this)} {word} {symmetric}{low} AND {high}"


def _is(node: exp.Expr) -> str:
    word = "IS NOT" if node.args.get("negate") else "IS"
    return f"{render(node.this)} {word} {render(node.expression)}"


def _like(word: str) -> Writer:
    def write(node: exp.Expr) -> str:
        negate = "NOT " if node.args.get("negate") else ""
        return f"{render(node.this)} {negate}{word} {render(node.expression)}"

    return write


def _quantified(word: str) -> Writer:
    def write(node: exp.Expr) -> str:
        inner = render(node.this)
        return f"{word} {inner}" if inner.startswith("(") else f"{word} ({inner})"

    return write


def _case(node: exp.Expr) -> str:
    whens = "".join(
        f" WHEN {render(when.this)} THEN {render(when.args['true'])}" for when in node.args["ifs"]
    )
    return f"CASE{_part(node, 'this')}{whens}{_part(node, 'default', ' ELSE ')} END"


WRITERS: dict[type[exp.Expr], Writer] = {
    **dict.fromkeys(INFIX, _infix),
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
    exp.Column: _column,
    exp.Identifier: _identifier,
    exp.Star: lambda _: "*",
    exp.Alias: lambda node: f"{render(node.this)} AS {render(node.args['alias'])}",
    exp.Literal: _literal,
    exp.ByteString: _string,
    exp.RawString: _string,
    exp.BitString: lambda node: f"B{literal(node.name)}",
    exp.HexString: lambda node: f"X{literal(node.name)}",
    exp.Boolean: lambda node: "TRUE" if node.this else "FALSE",
    exp.Null: lambda _: "NULL",
    exp.Interval: _interval,
    exp.Var: _variable,
    exp.Array: _array,
    exp.Tuple: _tuple,
    exp.Paren: lambda node: f"({render(node.this)})",
    exp.Bracket: _bracket,
    exp.Slice: lambda node: f"{_part(node, 'this', '')}:{_part(node, 'expression', '')}",
    exp.JSONPath: _json_path,
    exp.JSONPathRoot: lambda _: "",
    exp.JSONPathKey: _string,
    exp.JSONPathSubscript: lambda node: str(node.this),
    exp.Cast: lambda node: f"CAST({render(node.this)} AS {render(node.args['to'])})",
    exp.DataType: _data_type,
    exp.DataTypeParam: lambda node: render(node.this),
    exp.Anonymous: _call,
    exp.Dot: _dot,
    exp.Kwarg: lambda node: f"{_argument(node)} => {render(node.expression)}",
    exp.Filter: lambda node: f"{render(node.this)} FILTER ({render(node.expression)})",
    exp.WithinGroup: lambda node: f"{render(node.this)} WITHIN GROUP ({render(node.expression)})",
    exp.Window: _over,
    exp.WindowSpec: _frame,
    exp.Explode: lambda node: f"unnest({render(node.this)})",
    exp.Extract: lambda node: f"EXTRACT({render(node.this)} FROM {render(node.expression)})",
    exp.Substring: _substring,
    exp.Trim: _trim,
    exp.Overlay: _overlay,
    exp.StrPosition: lambda node: f"POSITION({render(node.args['substr'])} IN {render(node.this)})",
    exp.IntervalSpan: lambda node: f"{render(node.this)} TO {render(node.expression)}",
    exp.CurrentDate: lambda _: "CURRENT_DATE",
    exp.CurrentTime: lambda _: "CURRENT_TIME",
    exp.CurrentTimestamp: lambda _: "CURRENT_TIMESTAMP",
    exp.Localtime: lambda _: "LOCALTIME",
    exp.Localtimestamp: lambda _: "LOCALTIMESTAMP",
    exp.Case: _case,
    exp.If: lambda node: f"WHEN {render(node.this)} THEN {render(node.args['true'])}",
    exp.And: _chain("AND"),
    exp.Or: _chain("OR"),
    exp.Not: _not,
    exp.Neg: _negative,
    exp.BitwiseNot: _prefix("~"),
    exp.Sqrt: _prefix("|/"),
    exp.Cbrt: _prefix("||/"),
    exp.In: _in,
    exp.Between: _between,
    exp.Exists: lambda node: f"EXISTS ({render(node.this)})",
    exp.Any: _quantified("ANY"),
    exp.All: _quantified("ALL"),
    exp.Is: _is,
    exp.Like: _like("LIKE"),
    exp.ILike: _like("ILIKE"),
    exp.AtTimeZone: lambda node: f"{render(node.this)} AT TIME ZONE {render(node.args['zone'])}",
    exp.Collate: lambda node: f"{render(node.this)} COLLATE {render(node.expression)}",
    # A policy's own text; the tree layer lets no placeholder of a statement come this far.
    exp.Placeholder: lambda node: node.name,
    exp.MatchAgainst: lambda node: f"{_list(node.expressions)} @@ {render(node.this)}",
}


def _argument(node: exp.Expr) -> str:
    return quoted(fold(node.this.name.removeprefix(MARK)))
