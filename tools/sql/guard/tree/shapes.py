"""The whole grammar that is accepted: node types, and for each the arguments it may have."""

from __future__ import annotations

from sqlglot import exp

Clauses = dict[str, frozenset[str] | None]


def _args(*names: str, **choices: str) -> Clauses:
    clauses: Clauses = dict.fromkeys(names)
    clauses.update({name: frozenset(text.split("|")) for name, text in choices.items()})
    return clauses


_BINARY = _args("this", "expression")
_MODIFIERS = ("with_", "order", "limit", "offset")

CLAUSES: dict[type[exp.Expr], Clauses] = {
    # queries
    exp.Select: _args(
        *(*_MODIFIERS, "expressions", "distinct", "from_", "joins", "where"),
        *("group", "having", "windows"),
    ),
    exp.Union: _args(*_MODIFIERS, "this", "expression", "distinct"),
    exp.Except: _args(*_MODIFIERS, "this", "expression", "distinct"),
    exp.Intersect: _args(*_MODIFIERS, "this", "expression", "distinct"),
    exp.Subquery: _args(*_MODIFIERS, "this", "alias", "joins"),
    exp.Values: _args(*_MODIFIERS, "expressions", "alias"),
    exp.With: _args("expressions", "recursive"),
    exp.CTE: _args("this", "alias", "materialized"),
    # relations
    exp.From: _args("this"),
    exp.Table: _args("this", "db", "alias", "joins", "only", "ordinality", "sample", "rows_from"),
    exp.TableAlias: _args("this", "columns"),
    exp.TableSample: _args("method", "percent", "seed"),
    exp.ColumnDef: _args("this", "kind"),
    exp.Join: _args(
        "this", "on", "using", kind="CROSS|INNER|OUTER", side="LEFT|RIGHT|FULL", method="NATURAL"
    ),
    exp.Lateral: _args("this", "alias", "ordinality"),
    exp.Unnest: _args("expressions", "alias", "offset"),
    # clauses
    exp.Where: _args("this"),
    exp.Having: _args("this"),
    exp.Group: _args("expressions", "all"),
    exp.Rollup: _args("expressions"),
    exp.Cube: _args("expressions"),
    exp.GroupingSets: _args("expressions"),
    exp.Order: _args("this", "expressions"),
    exp.Ordered: _args("this", "desc", "nulls_first"),
    exp.Limit: _args("expression"),
    exp.Offset: _args("expression"),
    exp.Fetch: _args("count", "limit_options", direction="FIRST|NEXT"),
    exp.LimitOptions: _args("rows", "with_ties"),
    exp.Distinct: _args("on", "expressions"),
    # names
    exp.Column: _args("this", "table", "db"),
    exp.Identifier: _args("this", "quoted"),
    exp.Star: _args(),
    exp.Alias: _args("this", "alias"),
    # values
    exp.Literal: _args("this", "is_string"),
    exp.ByteString: _args("this"),
    exp.RawString: _args("this"),
    exp.BitString: _args("this"),
    exp.HexString: _args("this"),
    exp.Boolean: _args("this"),
    exp.Null: _args(),
    exp.Interval: _args("this", "unit"),
    exp.IntervalSpan: _args("this", "expression"),
    exp.Var: _args("this"),
    exp.Array: _args("expressions"),
    exp.Tuple: _args("expressions"),
    exp.Paren: _args("this"),
    exp.Bracket: _args("this", "expressions"),
    exp.Slice: _args("this", "expression"),
    exp.JSONPath: _args("expressions"),
    exp.JSONPathRoot: _args(),
    exp.JSONPathKey: _args("this"),
    exp.JSONPathSubscript: _args("this"),
    # types
    exp.Cast: _args("this", "to"),
    exp.DataType: _args("this", "expressions", "nested", "kind", "values"),
    exp.DataTypeParam: _args("this"),
    # calls
    exp.Anonymous: _args("this", "expressions"),
    exp.Dot: _args("this", "expression"),
    exp.Kwarg: _args("this", "expression"),
    exp.Filter: _args("this", "expression"),
    exp.WithinGroup: _args("this", "expression"),
    exp.Window: _args("this", "partition_by", "order", "spec", "alias", over="OVER"),
    exp.WindowSpec: _args(
        "exclude",
        kind="ROWS|RANGE|GROUPS",
        start="UNBOUNDED|CURRENT ROW",
        end="UNBOUNDED|CURRENT ROW",
        start_side="PRECEDING|FOLLOWING",
        end_side="PRECEDING|FOLLOWING",
    ),
    exp.Explode: _args("this"),
    exp.Extract: _args("this", "expression"),
    exp.Substring: _args("this", "start", "length"),
    exp.Trim: _args("this", "expression", position="LEADING|TRAILING|BOTH"),
    exp.Overlay: _args("this", "expression", "from_", "for_"),
    exp.StrPosition: _args("this", "substr"),
    exp.CurrentDate: _args(),
    exp.CurrentTime: _args(),
    exp.CurrentTimestamp: _args(),
    exp.Localtime: _args(),
    exp.Localtimestamp: _args(),
    # conditions
    exp.Case: _args("this", "ifs", "default"),
    exp.If: _args("this", "true"),
    exp.Not: _args("this"),
    exp.Neg: _args("this"),
    exp.BitwiseNot: _args("this"),
    exp.Sqrt: _args("this"),
    exp.Cbrt: _args("this"),
    exp.In: _args("this", "expressions", "query"),
    exp.Between: _args("this", "low", "high", "symmetric"),
    exp.Exists: _args("this"),
    exp.Any: _args("this"),
    exp.All: _args("this"),
    exp.Is: _args("this", "expression", "negate"),
    exp.Like: _args("this", "expression", "negate"),
    exp.ILike: _args("this", "expression", "negate"),
    exp.JSON: _args("with_", "unique", this="ARRAY|OBJECT|SCALAR|VALUE"),
    exp.Operator: _args("this", "expression", operator="<<=|>>=|@"),
    exp.Escape: _BINARY,
    exp.SimilarTo: _BINARY,
    exp.RegexpLike: _BINARY,
    exp.RegexpILike: _BINARY,
    exp.AtTimeZone: _args("this", "zone"),
    exp.Collate: _BINARY,
    exp.MatchAgainst: _args("this", "expressions"),
    exp.DPipe: _args("this", "expression", "safe"),
    exp.Div: _args("this", "expression", "typed"),
    exp.JSONExtract: _args("this", "expression", "only_json_types"),
    exp.JSONExtractScalar: _args("this", "expression", "only_json_types", "scalar_only"),
} | dict.fromkeys(
    (
        exp.And, exp.Or, exp.Add, exp.Sub, exp.Mul, exp.Mod, exp.Pow, exp.EQ, exp.NEQ, exp.LT,
        exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.BitwiseAnd, exp.BitwiseOr,
        exp.BitwiseXor, exp.BitwiseLeftShift, exp.BitwiseRightShift, exp.ArrayContainsAll,
        exp.ArrayContainedBy, exp.ArrayOverlaps, exp.Adjacent, exp.ExtendsLeft, exp.ExtendsRight,
        exp.StartsWith, exp.Overlaps, exp.Distance, exp.JSONBExtract, exp.JSONBExtractScalar,
        exp.JSONBContainsTopKey, exp.JSONBContainsAnyTopKeys, exp.JSONBContainsAllTopKeys,
        exp.JSONBPathExists, exp.JSONBDeleteAtPath,
    ),
    _BINARY,
)  # fmt: skip
