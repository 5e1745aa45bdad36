"""Documents, the whole way: none there, quoted, and written by a model (its replies simulated)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from clearway import Clearway, Settings
from clearway.outcome import Answered, Refused
from clearway.stores.documents.write import open_keeper
from clearway.tools.docs.ingest import add
from clearway.tools.docs.types import Access
from tests.integration.clearway.conftest import OPERATOR
from tests.integration.tools.docs.conftest import InProcess
from tests.model_server import Reply, model_server
from tests.outcome_schema import conforming

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

DEMO = Path(__file__).resolve().parents[3] / "examples" / "documents"
QUESTION = "what does the runbook say about out of memory?"
BOTH = "how many jobs failed yesterday, and what does the runbook say about schema mismatch?"


async def add_demo(cw: Clearway) -> None:
    async with open_keeper(cw.wired.database.addresses.owner) as keeper:
        async for _ in add([DEMO], Access(tenant="default"), keeper, InProcess()):
            pass


async def test_without_documents_it_is_said_so_and_with_them_they_are_quoted(cw: Clearway) -> None:
    refused = await cw.ask(QUESTION)
    assert isinstance(refused, Refused)
    assert "clearway docs add" in refused.message

    await add_demo(cw)
    answered = await cw.ask(QUESTION)
    assert isinstance(answered, Answered), answered
    assert answered.docs is not None
    (citation,) = answered.docs.citations
    assert (citation.document, citation.section) == ("runbooks/failed-jobs.md", ("Out of memory",))
    lines = (DEMO / citation.document).read_text("utf-8").splitlines()
    there = " ".join(" ".join(lines[citation.line - 1 : citation.end_line]).split())
    assert all(line in there for line in citation.quote.splitlines())
    conforming(json.loads(answered.model_dump_json()))

    records = await cw.get_audit_records(answered.trace_id)
    ran = next(record for record in records if record.step == "execute-1")
    assert (ran.tool, ran.success) == ("docs", True)
    assert "16 GB" not in repr(records)


async def test_one_request_for_two_tools_is_answered_by_both(cw: Clearway) -> None:
    await add_demo(cw)
    outcome = await cw.ask(BOTH)
    assert isinstance(outcome, Answered), outcome
    sql, docs = (part.outcome for part in outcome.parts)
    assert isinstance(sql, Answered)
    assert isinstance(docs, Answered)
    assert (sql.tool, docs.tool) == ("sql", "docs")
    assert sql.result is not None
    assert docs.docs is not None
    assert sql.result.row_count == 1
    assert "Compare the header" in docs.message
    conforming(json.loads(outcome.model_dump_json()))
    steps = [(r.step, r.tool) for r in await cw.get_audit_records(outcome.trace_id)]
    assert sorted(step for step, _ in steps) == ["ask"] * 3 + ["execute-1"] * 2
    assert {tool for step, tool in steps if step == "execute-1"} == {"sql", "docs"}


async def test_a_model_writes_from_the_passages_and_is_held_to_them(settings: Settings) -> None:
    wrote = "Split the input by date [1]. Then buy a boat [1]."
    with model_server(Reply(wrote)) as server:
        keyed = settings.model_copy(
            update={"openai_api_key": SecretStr("sk-test"), "model_base_url": server.url}
        )
        async with Clearway.open(keyed, principal=OPERATOR) as cw:
            await add_demo(cw)
            outcome = await cw.ask(QUESTION)
    assert isinstance(outcome, Answered), outcome
    assert outcome.message == "Split the input by date. [1]"
    assert outcome.docs is not None
    assert outcome.docs.mode == "generated"
    assert outcome.usage.prompt_tokens == 100
    assert len(server.asked) == 1
