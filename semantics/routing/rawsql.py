"""Tell SQL a person typed from a sentence that merely begins like it."""

from __future__ import annotations

import re

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from clearway.semantics.words.wordset import wordset

_COMMENT = re.compile(r"--[^\n]*(?:\n|$)|/\*[^*]{0,2000}\*/")
_READS = frozenset(["select", "with", "values", "table", "explain", "show"])
_WRITES = {
    "insert": ("into",),
    "update": ("set",),
    "delete": ("from",),
    "merge": ("into",),
    "copy": ("to", "from"),
    "drop": (),
    "alter": (),
    "truncate": (),
    "create": (),
    "grant": ("to",),
    "revoke": ("from",),
    "vacuum": (),
    "set": ("=", "to"),
    "do": (),
    "call": (),
    "lock": (),
    "comment": ("on",),
}
_OBJECTS = wordset(
    """
    table view index schema database role user function sequence trigger extension
    materialized type policy or temp temporary unique
    """
)
_ARTICLES = wordset(
    """
    the a an my our all every this that these me your
    """
)
_MARKS = re.compile(r"[*(),;=<>'\"]|\w\.\w")
_FROM = re.compile(
    r"\bfrom\s+[\w.\"]+(?:_\w|\.\w|\s+(?:where|group|order|limit|join|inner|left|as|having)\b)",
    re.IGNORECASE,
)
_PROCEDURAL = re.compile(
    r"do\s+(?:language\s+\w+\s+)?\$|call\s+[\w.]+\s*\(|lock\s+table\b|set\s+(?:local\s+|session\s+)?"
    r"[\w.]+\s*(?:=|\bto\b)\s*['\w]+\s*;?\s*$",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]\w*")


def bare(text: str) -> str:
    """Return the text without SQL comments and leading brackets."""
    return _COMMENT.sub(" ", text).strip().lstrip("( \t\n")


def is_raw_sql(text: str) -> bool:
    """Whether the whole text is a SQL statement, valid or not; linear in its length."""
    body = bare(text)
    words = [match.group().lower() for match in _WORD.finditer(body[:400])]
    if not words or not body[:1].isalpha():
        return False
    first = words[0]
    if first in _READS:
        return _reads(body, words)
    if first in _WRITES:
        return _writes(first, body, words)
    return False


def _reads(body: str, words: list[str]) -> bool:
    first = words[0]
    if first == "with" and "as" not in words[:12]:
        return False
    if first in ("table", "show", "explain") and not (
        (len(words) <= 3 and first == "table")
        or (first == "explain" and len(words) > 1 and words[1] in _READS)
    ):
        return False
    if len(words) > 1 and words[1] in _ARTICLES - {"all"} and not _MARKS.search(body):
        return False
    return _parses(body) or ("from" in words and bool(_FROM.search(body[:2000])))


def _writes(first: str, body: str, words: list[str]) -> bool:  # noqa: PLR0911 - one rule a verb
    if len(words) < 2 or words[1] in _ARTICLES:
        return False
    if first in ("drop", "alter", "create"):
        return words[1] in _OBJECTS and (len(words) < 3 or words[2] not in _ARTICLES)
    if first in ("truncate", "vacuum"):
        return len(words) <= 6 and (
            words[1] == "table" or bool(_MARKS.search(body)) or len(words) == 2
        )
    if first in ("do", "call", "lock", "set"):
        return bool(_PROCEDURAL.match(body[:400]))
    needed = _WRITES[first]
    if not any(word in words[1:] or word in body for word in needed):
        return False
    if first == "delete":
        return words[1] == "from" and (len(words) < 3 or words[2] not in _ARTICLES)
    if first == "update":
        return ("=" in body and words[2:3] == ["set"]) or ("=" in body and "set" in words[2:6])
    return _parses(body) or bool(_MARKS.search(body))


def _parses(body: str) -> bool:
    """Whether sqlglot accepts it as something more than bare words."""
    try:
        trees = sqlglot.parse(body[:10_000], dialect="postgres")
    except (SqlglotError, RecursionError):
        return False
    tree = next((t for t in trees if t is not None), None)
    if tree is None or isinstance(tree, exp.Command | exp.Alias | exp.Column):
        return False
    if (
        isinstance(tree, exp.Select)
        and tree.args.get("from_") is None
        and tree.args.get("from") is None
    ):
        return not all(isinstance(e.unalias(), exp.Column) for e in tree.expressions)
    return True
