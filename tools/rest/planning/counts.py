"""How many there are, or what they come to: where a list is no answer, and what of a reply is one.

A list may be one page of many, so its rows are never counted; only a total a service declares is
told. What each thing of a list says of itself, `seats` of each trip, is an answer as it stands.
"""

from __future__ import annotations

import re

from clearway.semantics.words.tokens import singular
from clearway.tools.rest.declared.types import Operation
from clearway.tools.rest.declared.words import split

_COUNTED = re.compile(
    r"(?:\bhow\s+many|\b(?:number|count)\s+of|^\W*(?:please\s+)?count)\s+"
    r"(?:(?:the|our|my|all|of)\s+)*(\w+(?:\s+\w+)?)",
    re.IGNORECASE,
)
"""With the first words of what is to be counted."""
_TOTAL = re.compile(
    r"total(?:[_-]?(?:count|items|results|records|elements|hits|entries|number))?", re.IGNORECASE
)
_ADDED = re.compile(r"\b(?:total|sum|average|mean|median|combined|altogether)\b", re.IGNORECASE)
_ALIKE = (
    "total sum combined altogether amount subtotal", "average avg mean", "median",
)  # fmt: skip
_NUMBERS = frozenset(["count", "total", "number", "num", "quantity", "qty"])


def lists_only(question: str, operation: Operation) -> bool:
    """Return whether a count is asked, and the operation only lists what is to be counted."""
    return _listed(question, operation) and not _total_path(operation)


def total_asked(question: str, operation: Operation) -> str:
    """Return which property of the reply is the count a question asks for, or nothing."""
    return _total_path(operation) if _listed(question, operation) else ""


def adds_up(question: str, operation: Operation) -> str:
    """Return the word that asks for one number over all, where the operation only lists them."""
    match = _ADDED.search(question)
    alone = operation.path.rstrip("/").endswith("}")
    if match is None or alone or not operation.reads:
        return ""
    told = {singular(word) for each in operation.returns for word in split(each.path)}
    named = split(f"{operation.id.split('.', 1)[1]} {operation.summary}")
    own = told | {singular(word) for word in named}
    return "" if own & _same(match[0].lower()) else match[0]


def _same(word: str) -> frozenset[str]:
    """Return the words a service may have for what is asked for."""
    return next(frozenset(each.split()) for each in _ALIKE if word in each.split())


def _total_path(operation: Operation) -> str:
    """Return the property that tells how many there are over all pages, or nothing."""
    outside = (each.path for each in operation.returns if "[]" not in each.path)
    return next((path for path in outside if _TOTAL.fullmatch(path.rpartition(".")[2])), "")


def _listed(question: str, operation: Operation) -> bool:
    """Whether what is to be counted are the things of a list, and no number they tell."""
    match = _COUNTED.search(question)
    inside = [each for each in operation.returns if "[]" in each.path]
    if match is None or not inside:
        return False
    numbers = (each.path for each in inside if each.type in ("integer", "number"))
    told = {singular(word) for path in numbers for word in split(path.rpartition("[]")[2])}
    named = {singular(word) for word in split(operation.id.split(".", 1)[1])}
    asked = {singular(word) for word in split(match[1])} - named
    return told.isdisjoint(asked | _NUMBERS)
