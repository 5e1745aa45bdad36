"""The memory of the interlock."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from clearway.identity import Principal
from clearway.plans import CheckedSql, Rejection
from clearway.tools.sql.memo import RememberedInterlock
from tests.ports import WordList

pytestmark = pytest.mark.unit

ADA, EVE = Principal(user="ada"), Principal(user="eve")


@dataclass
class Counting(WordList):
    asked: list[tuple[str, str]] = field(default_factory=list)

    def check(self, sql: str, principal: Principal) -> CheckedSql | Rejection:
        self.asked.append((sql, principal.user))
        return super().check(sql, principal)


def test_the_same_text_for_the_same_principal_is_checked_once() -> None:
    inner = Counting()
    memo = RememberedInterlock(inner)
    assert memo.check("SELECT 1", ADA) == memo.check("SELECT 1", ADA)
    assert memo.check("drop", ADA) == memo.check("drop", ADA)
    assert inner.asked == [("SELECT 1", "ada"), ("drop", "ada")]


def test_another_text_or_principal_is_another_question() -> None:
    inner = Counting()
    memo = RememberedInterlock(inner)
    for sql, who in [("SELECT 1", ADA), ("SELECT 1", EVE), ("select 1", ADA), ("SELECT 1 ", ADA)]:
        memo.check(sql, who)
    assert len(inner.asked) == 4


def test_it_forgets_what_was_used_longest_ago() -> None:
    inner = Counting()
    memo = RememberedInterlock(inner, max_entries=2)
    for sql in ("a", "b", "a", "c", "a", "b"):
        memo.check(sql, ADA)
    assert [sql for sql, _ in inner.asked] == ["a", "b", "c", "b"]
