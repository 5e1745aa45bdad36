"""What a statement looks like never changes what is said of it: a seeded slice of the corpora."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest

from clearway.plans import CheckedSql
from clearway.tools.sql.guard import SqlInterlock
from tests.unit.tools.corpus import READER, corpus_catalog, entries

pytestmark = pytest.mark.unit

GUARD = SqlInterlock(corpus_catalog())
CHOOSE = random.Random(20261121)
BENIGN = [e["sql"] for e in CHOOSE.sample(entries("benign"), 120)]
ATTACKS = [e["sql"] for e in CHOOSE.sample(entries("attacks"), 200) if not e.get("client")]

_TOKEN = re.compile(
    r"""[eE]'(?:[^'\\]|\\.|'')*'|(?:[uU]&)?'(?:[^']|'')*'(?:\s*\n\s*'(?:[^']|'')*')*"""
    r"""|(?:[uU]&)?"(?:[^"]|"")*"|(\$\w*\$)(?s:.*?)\1|\w+|\s+|--[^\n]*(?:\n|$)|/\*(?s:.*?)\*/|[^\w\s]"""
)


def accepted(sql: str) -> bool:
    return isinstance(GUARD.check(sql, READER), CheckedSql)


def tokens(sql: str) -> list[str]:
    return [found[0] for found in _TOKEN.finditer(sql)]


def bare(sql: str) -> str:
    """Return a statement without the end that Postgres does not read."""
    return sql.rstrip(" \n\t;")


def commented(sql: str) -> str:
    blanks = (" /* a note */ ", " -- a note\n", "\n\t", "  ", "/**/ ", " /* /* nested */ */ ")
    return "".join(
        CHOOSE.choice(blanks) if not token.strip(" \n\t") else token for token in tokens(sql)
    )


def recased(sql: str) -> str:
    return "".join(token.swapcase() if token[:1].isalpha() and token.isalnum() else token
                   for token in tokens(sql))  # fmt: skip


def wrapped_in_cte(sql: str) -> str:
    return f"with outermost as ({bare(sql)}\n) select 1 from outermost"


def wrapped_in_from(sql: str) -> str:
    return f"select count(*) from ({bare(sql)}\n) as outermost"


def in_parentheses(sql: str) -> str:
    return f"({bare(sql)}\n)"


ALL = [commented, recased, wrapped_in_cte, wrapped_in_from, in_parentheses]


@pytest.mark.parametrize("change", ALL)
def test_what_is_accepted_stays_accepted(change: Callable[[str], str]) -> None:
    changed = [sql for sql in BENIGN if accepted(sql) != accepted(change(sql))]
    assert not changed


@pytest.mark.parametrize("change", ALL)
def test_what_is_refused_stays_refused(change: Callable[[str], str]) -> None:
    let_by = [sql for sql in ATTACKS if not accepted(sql) and accepted(change(sql))]
    assert not let_by
