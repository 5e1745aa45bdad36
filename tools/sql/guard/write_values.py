"""Writes names, values, calls and conditions."""

from __future__ import annotations

from sqlglot import exp

from clearway.tools.sql.guard.reading import MARK
from clearway.tools.sql.guard.spelling import call_name, fold, type_name
from clearway.tools.sql.guard.writing import WRITERS, Writer, listed, literal, part, quoted, render

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
    choices = render(query) if query is not None else f"({listed(node.expressions)})"
    return f"{render(node.this)} {word} {choices}"


def _between(node: exp.Expr, word: str = "BETWEEN") -> str:
    symmetric = "SYMMETRIC " if node.args.get("symmetric") else ""
    low, high = render(node.args["low"]), render(node.args["high"])
    return f"{render(node.this)} {word} {symmetric}{low} AND {high}"


def _is(node: exp.Expr) -> str:
    word = "IS NOT" if node.args.get("negate") else "IS"
    return f"{render(node.this)} {word} {render(node.expression)}"


def _json_test(node: exp.Expr) -> str:
    kind = f" {node.this}" if node.this else ""
    keys = " WITH UNIQUE KEYS" if node.args.get("with_") and node.args.get("unique") else ""
    return f"JSON{kind}{keys}"


def _operator(node: exp.Expr) -> str:
    word = node.args["operator"]
    if word == "@":
        return f"@ {render(node.expression)}"
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
    return f"CASE{part(node, 'this')}{whens}{part(node, 'default', ' ELSE ')} END"


def _argument(node: exp.Expr) -> str:
    return quoted(fold(node.this.name.removeprefix(MARK)))


WRITERS.update(
    {
        **dict.fromkeys(INFIX, _infix),
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
        exp.JSON: _json_test,
        exp.Operator: _operator,
        exp.Like: _like("LIKE"),
        exp.ILike: _like("ILIKE"),
        exp.AtTimeZone: lambda node: (
            f"{render(node.this)} AT TIME ZONE {render(node.args['zone'])}"
        ),
        exp.Collate: lambda node: f"{render(node.this)} COLLATE {render(node.expression)}",
        # A policy's own text; the tree layer lets no placeholder of a statement come this far.
        exp.Placeholder: lambda node: node.name,
        exp.MatchAgainst: lambda node: f"{listed(node.expressions)} @@ {render(node.this)}",
    }
)
