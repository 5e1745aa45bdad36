"""Replies a model may give, driven through the whole graph; every one of them is simulated.

Each comes from `tests/corpora/model_replies.jsonl` over a real socket, as often as it is asked for.
Held against the corpus: the kind of outcome, and what the audit says was executed.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from pydantic import SecretStr
from sqlglot import exp

from clearway import Clearway, Settings
from clearway.outcome import Outcome
from clearway.stores.audit.read import AuditRecord
from tests.integration.clearway.conftest import OPERATOR
from tests.model_server import Reply, model_server

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "corpora" / "model_replies.jsonl")
    .read_text("utf-8")
    .splitlines()
]
AT_ONCE = 6
FOOLED = 4
"""How many of the plausible statements may be answered although they do not say what was asked."""
MARK = re.compile(r"glorbly([a-z]{3})")
READABLE = {"demo.sales_fact", "demo.job_runs", "demo.audit_log"}


def word(number: int) -> str:
    """A word the rules do not know, another for each case, so that no two share a plan."""
    return "glorbly" + "".join(chr(97 + number // 26**place % 26) for place in (2, 1, 0))


def reply_of(case: Mapping[str, Any]) -> Reply:
    given = dict(case["reply"])
    if isinstance(given.get("content"), list):
        given["content"] = "".join(text * times for text, times in given["content"])
    return Reply(**given)


REPLIES = {word(number): reply_of(case) for number, case in enumerate(CASES)}


def chosen(asked: Mapping[str, Any]) -> Reply:
    found = MARK.search(asked["messages"][1]["content"])
    assert found is not None
    return REPLIES[found[0]]


async def all_asked(settings: Settings) -> AsyncIterator[tuple[Mapping[str, Any], Outcome, str]]:
    """Ask for every case; yield it with its outcome and the statement that was executed, or ''."""
    busy = asyncio.Semaphore(AT_ONCE)
    with model_server(choose=chosen) as server:
        keyed = settings.model_copy(
            update={
                "openai_api_key": SecretStr("sk-test"),
                "model_base_url": server.url,
                "rate_limit_requests": 10_000,
                "breaker_failures": 10_000,  # each case is heard, whatever the others were
            }
        )
        async with Clearway.open(keyed, principal=OPERATOR) as cw:

            async def ask(number: int) -> tuple[Outcome, str]:
                async with busy:
                    outcome = await cw.ask(f"{word(number)} revenue by channel")
                    records = await cw.get_audit_records(correlation_id=outcome.trace_id)
                return outcome, executed(records)

            answers = await asyncio.gather(*map(ask, range(len(CASES))))
    for case, (outcome, statement) in zip(CASES, answers, strict=True):
        yield case, outcome, statement


def executed(records: list[AuditRecord]) -> str:
    return "\n".join(sorted({r.statement or "?" for r in records if r.action == "execute"}))


def harm(statement: str) -> str:
    """Return what is wrong with a statement that ran, or ''."""
    trees = sqlglot.parse(statement, dialect="postgres")
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        return "not one query"
    own = {cte.alias for cte in trees[0].find_all(exp.CTE)}
    read = {f"{t.db}.{t.name}" for t in trees[0].find_all(exp.Table) if t.name not in own}
    return "" if read <= READABLE else f"reads {sorted(read - READABLE)}"


async def test_every_reply_ends_in_the_outcome_it_should_and_runs_only_what_it_may(
    settings: Settings,
) -> None:
    assert len(CASES) >= 200
    wrong, kinds, fooled = [], Counter[str](), []
    async for case, outcome, statement in all_asked(settings):
        kinds[outcome.kind] += 1
        said = f"{case['id']}: {outcome.kind} ({outcome.message[:120]!r}), ran {statement!r}"
        as_wanted = outcome.kind == case["kind"] and bool(statement) == case["runs"]
        if case["family"] == "plausible" and not as_wanted:
            fooled.append(said)
        elif not as_wanted:
            wrong.append(f"wanted {case['kind']}, {said}")
        if statement and harm(statement):
            wrong.append(f"{harm(statement)}: {said}")
    assert not wrong, "\n".join([*wrong, f"of {len(CASES)} simulated replies: {dict(kinds)}"])
    # A statement that may run and means something else is for the evidence to find; most it does.
    assert len(fooled) <= FOOLED, "\n".join(fooled)
