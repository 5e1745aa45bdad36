"""Writes window functions, named windows and frames."""

from __future__ import annotations

from sqlglot import exp

from clearway.tools.sql.guard.writing.writers import WRITERS, listed, part, render


def _over(node: exp.Expr) -> str:
    alias = node.args.get("alias")
    body = _window_body(node)
    if alias is not None and not body:
        return f"{render(node.this)} OVER {render(alias)}"
    named = f"{render(alias)} " if alias is not None else ""
    return f"{render(node.this)} OVER ({(named + body).strip()})"


def named_window(node: exp.Expr) -> str:
    """Return one definition of a WINDOW clause."""
    alias = part(node, "alias", "", " ")
    return f"{render(node.this)} AS ({(alias + _window_body(node)).strip()})"


def _window_body(node: exp.Expr) -> str:
    partition = node.args.get("partition_by")
    parts = [f"PARTITION BY {listed(partition)}" if partition else ""]
    parts += [part(node, "order", ""), part(node, "spec", "")]
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


WRITERS.update({exp.Window: _over, exp.WindowSpec: _frame})
