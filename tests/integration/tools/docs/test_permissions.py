"""Who may not see a document cannot tell that it is there: by hits, weights, counts or names."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
import pytest

from clearway.errors import StoreUnavailable
from clearway.identity import Principal
from clearway.plans import DocsPlan, Rejection
from clearway.stores.documents.session import as_principal
from clearway.stores.documents.vectors import open_vectors
from clearway.tools.docs.answering.search import DocumentSearch
from clearway.tools.docs.ingesting.embed import embed_missing
from clearway.tools.docs.tool import DocsTool
from clearway.tools.docs.types import Filters, Found
from tests.integration.tools.docs.conftest import Library
from tests.integration.tools.docs.embedders import LetterEmbedder
from tests.ports import inquiry

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

ADA = Principal(user="ada", roles=frozenset({"analyst"}))
BOB = Principal(user="bob", roles=frozenset({"finance"}))
EVE = Principal(user="eve", roles=frozenset())
STRANGER = Principal(user="ada", tenant="other", roles=frozenset({"analyst", "finance"}))
TABLES = (
    "doc_class", "doc_document", "doc_chunk", "doc_terms", "doc_posting", "doc_stat",
    "doc_definition", "doc_vector",
)  # fmt: skip

PUBLIC = {"acl": ("everyone",)}
FINANCE = {"acl": ("role:finance",), "collection": "ledger"}
ADAS = {"acl": ("user:ada",), "collection": "diary"}
DOCUMENTS: Sequence[tuple[str, str, dict[str, object]]] = (
    ("loads.md", "# Loads\n\nRestart the loader after a schema mismatch.", PUBLIC),
    ("bonus.md", "# Bonus\n\nThe bonus pool (BP) is 9 million after a schema mismatch.", FINANCE),
    ("diary.md", "# Diary\n\nChurn means that I leave. The loader annoys me.", ADAS),
)
QUESTIONS = (
    "schema mismatch", "what is the bonus pool", "BP", "what does churn mean", "loader", "diary",
    "when is the bonus paid after a schema mismatch of the loader",
)  # fmt: skip
SEEN = {
    "ada": {"loads.md", "diary.md"},
    "bob": {"loads.md", "bonus.md"},
    "eve": {"loads.md"},
}


async def fill(library: Library, *labels: str) -> None:
    for label, text, access in DOCUMENTS:
        if label in labels:
            await library.put(label, text, **access)
    addresses = library.database.addresses
    async with open_vectors(addresses.admin, addresses.owner) as vectors:
        async for _ in embed_missing(LetterEmbedder(), vectors):
            pass


async def search(library: Library, question: str, who: Principal, *, hybrid: bool) -> Found:
    searcher = DocumentSearch(library.reader, LetterEmbedder() if hybrid else None)
    return await searcher.search(question, who, limit=50)


def told(found: Found) -> object:
    """Return all a caller can learn, without the numbers a store gives to rows."""
    hits = [(hit.label, hit.text, hit.section, hit.score) for hit in found.hits]
    return hits, found.weights, found.mode, found.trouble


@pytest.mark.parametrize("hybrid", [False, True], ids=["words", "hybrid"])
async def test_what_is_denied_is_as_if_it_were_not_there(library: Library, hybrid: bool) -> None:
    alone: dict[tuple[str, str], object] = {}
    for who in (ADA, BOB, EVE):
        kept = [each.id for each in await library.keeper.kept("default")]
        await library.keeper.drop(kept)
        await fill(library, *SEEN[who.user])
        for question in QUESTIONS:
            found = await search(library, question, who, hybrid=hybrid)
            alone[who.user, question] = told(found)
    await library.keeper.drop([each.id for each in await library.keeper.kept("default")])
    await fill(library, "loads.md", "bonus.md", "diary.md")
    for _ in range(2):
        for who in (ADA, BOB, EVE):
            for question in QUESTIONS:
                found = await search(library, question, who, hybrid=hybrid)
                assert {hit.label for hit in found.hits} <= SEEN[who.user]
                assert told(found) == alone[who.user, question], (who.user, question)
    for question in QUESTIONS:
        found = await search(library, question, STRANGER, hybrid=hybrid)
        assert found.hits == ()


async def test_answers_definitions_and_collections_are_the_askers_own(library: Library) -> None:
    await fill(library, "loads.md", "bonus.md", "diary.md")
    tool = DocsTool(library.reader)
    defined = {
        who.user: {each.term for each in await tool.definitions("BP churn bonus pool", who)}
        for who in (ADA, BOB, EVE)
    }
    assert defined == {"ada": {"Churn"}, "bob": {"BP", "bonus pool"}, "eve": set()}
    assert await library.reader.collections(EVE) == ("default",)
    told = []
    for name in ("ledger", "nowhere"):
        named = inquiry(f"how large is the bonus pool in the collection {name}?", EVE)
        proposed = (await tool.plan(named)).by
        assert isinstance(proposed, DocsPlan)
        rejection = await tool.check(proposed, EVE)
        assert isinstance(rejection, Rejection)
        told.append(rejection.model_dump_json().replace(name, "nowhere"))
    assert told[0] == told[1], "what is hidden is as what is not there"
    assert "There is no collection nowhere." in told[1]
    for who, text in ((EVE, ""), (BOB, "9 million")):
        asking = inquiry("how large is the bonus pool?", who)
        proposed = (await tool.plan(asking)).by
        assert isinstance(proposed, DocsPlan)
        weighed = await tool.weigh(proposed, asking)
        assert (tool.confidence(weighed.evidence) > 0.6) == bool(text)
        checked = await tool.check(proposed, who)
        assert not isinstance(checked, Rejection)
        answer = (await tool.run(checked, asking)).answer
        assert answer is not None
        assert answer.found == bool(text)
        assert text in answer.text


async def test_a_refusal_names_no_place_its_asker_may_not_see(library: Library) -> None:
    question = "which bank holds the bonus after a schema mismatch?"

    async def refusal(who: Principal) -> str:
        tool, asking = DocsTool(library.reader), inquiry(question, who)
        proposed = (await tool.plan(asking)).by
        assert isinstance(proposed, DocsPlan)
        shortfall = (await tool.weigh(proposed, asking)).shortfall
        assert shortfall is not None
        return f"{shortfall.reason} {shortfall.remedy}"

    await fill(library, "loads.md")
    absent = {who.user: await refusal(who) for who in (EVE, STRANGER)}
    await fill(library, "bonus.md", "diary.md")
    assert {who.user: await refusal(who) for who in (EVE, STRANGER)} == absent
    assert "loads.md" in absent["eve"]
    assert "Nearest" not in absent["ada"], "of another tenant"
    assert "bonus.md" in await refusal(BOB)


async def test_the_database_itself_hides_what_is_denied(library: Library) -> None:
    await fill(library, "loads.md", "bonus.md", "diary.md")
    pool = library.database.pool
    for table in TABLES:
        async with pool.connection() as connection:
            cursor = await connection.execute(f"select count(*)::integer as n from {table}")
            (row,) = await cursor.fetchall()
            assert row["n"] == 0, f"{table} without an identity"
    for table in TABLES[1:5]:
        async with as_principal(pool, EVE, 5.0) as connection:
            mine = await (await connection.execute(f"select * from {table}")).fetchall()
        async with as_principal(pool, BOB, 5.0) as connection:
            bobs = await (await connection.execute(f"select * from {table}")).fetchall()
        assert 0 < len(mine) < len(bobs), table


@pytest.mark.parametrize(
    "statement",
    [
        "insert into doc_class (tenant, collection, acl) values ('default', 'x', '{everyone}')",
        "update doc_class set acl = '{everyone}'",
        "delete from doc_chunk",
        "truncate doc_posting",
    ],
)
async def test_the_application_cannot_change_who_sees_what(
    library: Library, statement: str
) -> None:
    async with library.database.pool.connection() as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute(statement)


async def test_an_identity_ends_with_its_transaction(library: Library) -> None:
    await fill(library, "bonus.md")
    for _ in range(2 * library.database.pool.max_size):
        assert (await library.reader.by_words(
            {"bonus": 1.0}, BOB, Filters(), limit=5, timeout_s=5
        )).hits  # fmt: skip
    with pytest.raises(StoreUnavailable):
        async with as_principal(library.database.pool, BOB, 5.0) as connection:
            await connection.execute("select 1/0")
    assert library.database.pool.max_size > 1
    for _ in range(2 * library.database.pool.max_size):
        async with library.database.pool.connection() as connection:
            row = await (await connection.execute("select count(*) as n from doc_class")).fetchone()
            assert row == {"n": 0}
