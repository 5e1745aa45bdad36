"""Writes names, values and calls."""

from __future__ import annotations

from sqlglot import exp

from clearway.tools.sql.guard.statement.reading import MARK
from clearway.tools.sql.guard.statement.spelling import call_name, fold, type_name
from clearway.tools.sql.guard.writing.writers import WRITERS, listed, literal, part, quoted, render

# Names and values


def _column(node: exp.Expr) -> str:
    return part(node, "db", "", ".") + part(node, "table", "", ".") + render(node.this)


def _identifier(node: exp.Expr) -> str:
    return quoted(node.name)


def _literal(node: exp.Expr) -> str:
    return literal(node.name) if node.args.get("is_string") else node.name


def _string(node: exp.Expr) -> str:
    return literal(node.name)


def _interval(node: exp.Expr) -> str:
    return f"INTERVAL {render(node.this)}{part(node, 'unit')}"


def _variable(node: exp.Expr) -> str:
    return fold(node.name)


def _array(node: exp.Expr) -> str:
    items = node.expressions
    if items and isinstance(items[0], exp.Query):
        return f"ARRAY({render(items[0])})"
    return f"ARRAY[{listed(items)}]"


def _parentheses(node: exp.Expr) -> str:
    inner = node.this
    shielded = isinstance(node.parent, exp.JSONExtract) and isinstance(inner, exp.Paren)
    if shielded and isinstance(inner.this, exp.Column):  # put there by the reader
        return render(inner.this)
    return f"({render(inner)})"


def _tuple(node: exp.Expr) -> str:
    return f"({listed(node.expressions)})"


def _bracket(node: exp.Expr) -> str:
    return render(node.this) + "".join(f"[{render(item)}]" for item in node.expressions)


def _json_path(node: exp.Expr) -> str:
    return listed(node.expressions, "")


def _data_type(node: exp.Expr) -> str:
    if node.args.get("this") is exp.DType.ARRAY:
        return render(node.expressions[0]) + "[]"
    if isinstance(node.args.get("kind"), exp.Dot):
        return ".".join(map(quoted, type_name(node).split(".")))
    sizes = f"({listed(node.expressions)})" if node.expressions else ""
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
    arguments = listed(node.expressions)
    name = call_name(node)
    if not arguments and name in _WITHOUT_PARENTHESES:
        return name
    return f"{name}({arguments})"


_WITHOUT_PARENTHESES = frozenset(
    {"current_time", "current_timestamp", "localtime", "localtimestamp"}
)


def _dot(node: exp.Expr) -> str:
    return f"{quoted(fold(node.this.name))}.{render(node.expression)}"


def _substring(node: exp.Expr) -> str:
    span = part(node, "start", " FROM ") + part(node, "length", " FOR ")
    return f"substring({render(node.this)}{span})"


def _trim(node: exp.Expr) -> str:
    position = str(node.args.get("position") or "BOTH").upper()
    return f"TRIM({position} {part(node, 'expression', '', ' ')}FROM {render(node.this)})"


def _overlay(node: exp.Expr) -> str:
    args = (
        f"{render(node.this)} PLACING {render(node.expression)} FROM {render(node.args['from_'])}"
    )
    return f"overlay({args}{part(node, 'for_', ' FOR ')})"


def _argument(node: exp.Expr) -> str:
    return quoted(fold(node.this.name.removeprefix(MARK)))


WRITERS.update(
    {
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
        exp.Paren: _parentheses,
        exp.Bracket: _bracket,
        exp.Slice: lambda node: f"{part(node, 'this', '')}:{part(node, 'expression', '')}",
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
        exp.WithinGroup: lambda node: (
            f"{render(node.this)} WITHIN GROUP ({render(node.expression)})"
        ),
        exp.Explode: lambda node: f"unnest({render(node.this)})",
        exp.Extract: lambda node: f"EXTRACT({render(node.this)} FROM {render(node.expression)})",
        exp.Substring: _substring,
        exp.Trim: _trim,
        exp.Overlay: _overlay,
        exp.StrPosition: lambda node: (
            f"POSITION({render(node.args['substr'])} IN {render(node.this)})"
        ),
        exp.IntervalSpan: lambda node: f"{render(node.this)} TO {render(node.expression)}",
        exp.CurrentDate: lambda _: "CURRENT_DATE",
        exp.CurrentTime: lambda _: "CURRENT_TIME",
        exp.CurrentTimestamp: lambda _: "CURRENT_TIMESTAMP",
        exp.Localtime: lambda _: "LOCALTIME",
        exp.Localtimestamp: lambda _: "LOCALTIMESTAMP",
        exp.AtTimeZone: lambda node: (
            f"{render(node.this)} AT TIME ZONE {render(node.args['zone'])}"
        ),
        exp.Collate: lambda node: f"{render(node.this)} COLLATE {render(node.expression)}",
        # A policy's own text; the tree layer lets no placeholder of a statement come this far.
        exp.Placeholder: lambda node: node.name,
        exp.MatchAgainst: lambda node: f"{listed(node.expressions)} @@ {render(node.this)}",
    }
)
