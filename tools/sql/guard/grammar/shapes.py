"""What of Postgres's own tree is accepted: node types, and the fields each may have."""

from __future__ import annotations

_PLACES = frozenset({"location", "list_start", "list_end", "rexpr_list_start", "rexpr_list_end"})

FIELDS: dict[str, frozenset[str]] = {
    name: frozenset(text.split()) | _PLACES
    for name, text in {
        "SelectStmt": "targetList fromClause whereClause groupClause groupDistinct havingClause "
        "windowClause valuesLists sortClause limitOffset limitCount limitOption withClause op all "
        "larg rarg distinctClause",
        "ResTarget": "name val",
        "ColumnRef": "fields",
        "String": "sval",
        "A_Star": "",
        "A_Const": "ival fval boolval sval bsval isnull",
        "Integer": "ival",
        "RangeVar": "schemaname relname inh relpersistence alias",
        "Alias": "aliasname colnames",
        "JoinExpr": "jointype isNatural larg rarg usingClause quals",
        "RangeSubselect": "lateral subquery alias",
        "RangeFunction": "lateral ordinality is_rowsfrom functions alias coldeflist",
        "RangeTableSample": "relation method args repeatable",
        "ColumnDef": "colname typeName is_local",
        "List": "items",
        "A_Expr": "kind name lexpr rexpr",
        "BoolExpr": "boolop args",
        "NullTest": "arg nulltesttype",
        "BooleanTest": "arg booltesttype",
        "FuncCall": "funcname args agg_order agg_filter over agg_within_group agg_star "
        "agg_distinct funcformat",
        "NamedArgExpr": "arg name argnumber",
        "TypeCast": "arg typeName",
        "TypeName": "names typemod typmods arrayBounds",
        "CaseExpr": "arg args defresult",
        "CaseWhen": "expr result",
        "SubLink": "subLinkType testexpr operName subselect",
        "SortBy": "node sortby_dir sortby_nulls",
        "WindowDef": "name refname partitionClause orderClause frameOptions startOffset endOffset",
        "WithClause": "ctes recursive",
        "CommonTableExpr": "ctename aliascolnames ctematerialized ctequery",
        "GroupingSet": "kind content",
        "GroupingFunc": "args",
        "CoalesceExpr": "args",
        "MinMaxExpr": "op args",
        "RowExpr": "args row_format",
        "A_ArrayExpr": "elements",
        "A_Indirection": "arg indirection",
        "A_Indices": "is_slice lidx uidx",
        "SQLValueFunction": "op typmod",
        "CollateClause": "arg collname",
        "JsonIsPredicate": "expr format item_type unique_keys",
    }.items()
}
