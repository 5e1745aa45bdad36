"""Whether a reply is one page of more: a list just as long as the limit in force may be cut."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import JsonValue

from clearway.plans import RestStep
from clearway.tools.rest.declared.json_schema import target
from clearway.tools.rest.declared.types import LIMIT, Operation

_MORE = re.compile(r"has_?(?:more|next)(?:_?page)?|next(?:_?(?:page|cursor|token|url|link))?", re.I)
_TOTAL = re.compile(r"total(?:_?(?:count|items|results|records|elements|hits))?", re.IGNORECASE)
_AROUND = frozenset(["meta", "_meta", "links", "_links", "page", "paging", "pagination"])
"""What services put around a list to say which page of it this is."""


def cut(content: JsonValue, count: int, operation: Operation, step: RestStep) -> str:
    """Return why there may be more than the `count` things a reply lists; empty where nothing is.

    A limit the question itself names leaves nothing out that was asked for.
    """
    if not operation.reads or not count or operation.path.rstrip("/").endswith("}"):
        return ""
    said = list(_said(content))
    if any(_MORE.fullmatch(name) and value not in (None, False, "", {}) for name, value in said):
        return f"{operation.id} brought {count}, and says that there are more"
    totals = [value for name, value in said if _TOTAL.fullmatch(name)]
    whole = next((each for each in totals if type(each) is int), None)
    if whole is not None and whole > count:
        return f"{operation.id} brought {count} of {whole}"
    limit = _in_force(operation, step)
    if whole is None and limit and count >= limit:
        return f"{operation.id} brought {count}, as many as its limit lets it: there may be more"
    return ""


def _said(content: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    """Yield what stands around the list of a reply."""
    for name, value in content.items() if isinstance(content, dict) else ():
        yield name.lower(), value
        if name.lower() in _AROUND and isinstance(value, dict):
            yield from ((inner.lower(), each) for inner, each in value.items())


def _in_force(operation: Operation, step: RestStep) -> int:
    """Return the limit nobody asked for: the declared default, or the most that may be asked."""
    for each in operation.parameters:
        if each.place != "query" or not LIMIT.match(each.name):
            continue
        schema = target(each.schema, each.schema)
        sent = step.parameters.get(each.name)
        limit = schema.get("default") if sent is None else sent
        if type(limit) is int and sent in (None, schema.get("default"), schema.get("maximum")):
            return limit
    return 0
