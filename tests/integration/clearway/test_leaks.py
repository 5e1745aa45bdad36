"""Three people, three access lists, every tool, a warm cache: nobody sees what is another's."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from clearway import Clearway, Principal, Settings
from clearway.outcome import OUTCOME
from clearway.stores.documents.write import open_keeper
from clearway.tools.docs.access import access_list
from clearway.tools.docs.ingesting.ingest import add
from clearway.tools.docs.ingesting.parse import parse
from clearway.tools.docs.types import Access, Parsed
from tests.integration.clearway.conftest import OPERATOR
from tests.rest_server import says, serving
from tests.unit.tools.rest.documents import PAYMENTS, SERVICES

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

ADA = Principal(user="ada", roles=frozenset({"analyst"}))
BOB = Principal(user="bob", roles=frozenset({"finance", "support"}))
EVE = Principal(user="eve", roles=frozenset())
EVERYBODY = (ADA, BOB, EVE)

CATALOG = "tables:\n  demo.job_runs: {roles: [analyst]}\n"
DOCUMENTS = {
    "loads.md": ("# Loads\n\nA schema mismatch stops the loader.", ["everyone"]),
    "bonus.md": (
        "# Bonus\n\nThe bonus pool is nine million. Takings means revenue.",
        ["role:finance"],
    ),
    "diary.md": ("# Diary\n\nThe zebra plan is to leave in May.", ["user:ada"]),
}
MINE = {
    "how many job runs failed": (ADA,),
    "SELECT count(*) FROM demo.job_runs": (ADA,),
    "total revenue by region": EVERYBODY,
    "what does the handbook say about a schema mismatch?": EVERYBODY,
    "what does the handbook say about the bonus pool?": (BOB,),
    "what does the handbook say about the zebra plan?": (ADA,),
    "GET /payments/42": (BOB,),
    "total revenue by region, and what does the handbook say about the bonus pool?": EVERYBODY,
}
SECRETS = {"nine million": (BOB,), "leave in May": (ADA,), "4711": (BOB,)}
UNSAID = ("trace_id", "timings_ms", "cache", "cache_match", "degradations", "plan_source")
"""What tells one run from another and says nothing of what was found."""


class InProcess:
    async def parse(self, path: Path) -> Parsed:
        return parse(path)


async def stocked(cw: Clearway, folder: Path) -> None:
    async with open_keeper(cw.wired.database.addresses.owner) as keeper:
        for name, (text, entries) in DOCUMENTS.items():
            (folder / name).write_text(text, "utf-8")
            access = Access(tenant="default", acl=access_list(entries))
            async for _ in add([folder / name], access, keeper, InProcess()):
                pass


@pytest.fixture
async def deployment(settings: Settings, tmp_path: Path) -> AsyncIterator[Clearway]:
    async with AsyncExitStack() as stack:
        script = {"/payments/42": says({"id": 42, "amount": 4711})}
        server = await stack.enter_async_context(serving(script))
        services = f"{SERVICES}    roles: [support]\n    base_url: {server.url}\n"
        services += "    private: [127.0.0.0/8]\n"
        for name, text in {
            "payments.yaml": PAYMENTS,
            "services.yaml": services,
            "catalog.yaml": CATALOG,
        }.items():
            (tmp_path / name).write_text(text, "utf-8")
        paths = {"services_path": "services.yaml", "catalog_path": "catalog.yaml"}
        own = settings.model_copy(
            update={key: tmp_path / name for key, name in paths.items()}
            | {"rate_limit_requests": 10_000}
        )
        cw = await stack.enter_async_context(Clearway.open(own, principal=OPERATOR))
        documents = tmp_path / "documents"
        documents.mkdir()
        await stocked(cw, documents)
        yield cw


HOW_SURE = ("confidence", "evidence")
"""Whoever planned it is one of the reasons to believe an answer."""


def told(outcome: Any, *, but: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return what an outcome says, without what differs from run to run."""

    def said(plain: dict[str, Any]) -> dict[str, Any]:
        kept = {key: value for key, value in plain.items() if key not in (*UNSAID, *but)}
        parts = [{**part, "outcome": said(part["outcome"])} for part in plain["parts"]]
        return {**kept, "parts": parts}

    return said(json.loads(OUTCOME.dump_json(outcome)))


async def test_nobody_learns_what_another_may_see(deployment: Clearway) -> None:
    cw, alone = deployment, {}
    for who in EVERYBODY:
        for question, seen in MINE.items():
            outcome = await cw.ask(question, principal=who, bypass_cache=True)
            alone[who.user, question] = told(outcome, but=HOW_SURE)
            assert (outcome.kind == "answered") == (who in seen), (who.user, question)
    hits = 0
    for _ in range(2):
        for question in MINE:
            for who in EVERYBODY:
                outcome = await cw.ask(question, principal=who)
                hits += outcome.cache != "none"
                same = told(outcome, but=HOW_SURE) == alone[who.user, question]
                assert same, (who.user, question)
                text = outcome.model_dump_json()
                others = [each for each, whose in SECRETS.items() if who not in whose]
                assert not any(each in text for each in others), (who.user, question)
    assert hits >= len(MINE), "the cache was warm"


PAIRS = {
    "SELECT count(*) FROM demo.{}": ("job_runs", "job_walks"),
    "GET /{}/42": ("payments", "paychecks"),
    "what does the handbook say about the {} plan?": ("zebra", "gnu"),
    "what does the document {} say?": ("bonus.md", "lotus.md"),
    "total {} by region": ("takings", "lendings"),
}
"""Questions about what is hidden, and the same about what is not there."""


async def test_what_is_denied_looks_absent(deployment: Clearway) -> None:
    for question, (hidden, absent) in PAIRS.items():
        one = json.dumps(told(await deployment.ask(question.format(hidden), principal=EVE)))
        other = json.dumps(told(await deployment.ask(question.format(absent), principal=EVE)))
        for name in (hidden, absent):
            one, other = one.replace(name, "it"), other.replace(name, "it")
        assert one == other, question


async def test_a_conversation_and_its_documents_are_its_owners(deployment: Clearway) -> None:
    question = "what does the handbook say about the zebra plan?"
    first = await deployment.ask(question, principal=ADA, thread_id="adas")
    assert first.kind == "answered"
    for who in (BOB, EVE):
        other = await deployment.ask("and what else?", principal=who, thread_id="adas")
        absent = await deployment.ask("and what else?", principal=who, thread_id=f"{who.user}s")
        assert other.kind == "denied"
        assert "zebra" not in other.model_dump_json() + absent.model_dump_json()
