from __future__ import annotations

import pytest

from clearway.identity import Principal
from clearway.tools.docs.answering.search import DocumentSearch
from clearway.tools.docs.ingesting import prune
from clearway.tools.docs.types import Filters, Hit
from clearway.tools.docs.words.terms import terms
from tests.integration.tools.docs.conftest import Library

pytestmark = pytest.mark.integration

ADA = Principal(user="ada")
WORDS = {term: 1.0 for term in terms("loader restart schema queue")}


async def _found(library: Library) -> tuple[Hit, ...]:
    lexical = await library.reader.by_words(WORDS, ADA, Filters(), limit=9, timeout_s=5)
    return lexical.hits


@pytest.mark.anyio
@pytest.mark.parametrize("budget", [0, 3, 12, 20])
async def test_scores_do_not_depend_on_how_much_of_a_list_is_read_at_first(
    library: Library, monkeypatch: pytest.MonkeyPatch, budget: int
) -> None:
    for number in range(12):
        said = "loader " * (1 + number % 3) + "restart " * (number % 2) + "schema " * (number < 3)
        await library.put(f"{number}.md", f"# Page {number}\n\nThe {said} and the queue.\n")
    read_to_the_end = await _found(library)
    monkeypatch.setattr(prune, "BUDGET", budget)
    read_in_part = await _found(library)
    assert [hit.label for hit in read_in_part] == [hit.label for hit in read_to_the_end]
    assert [hit.score for hit in read_in_part] == pytest.approx(
        [hit.score for hit in read_to_the_end]
    )


@pytest.mark.anyio
async def test_an_acronym_finds_what_spells_it_out(library: Library) -> None:
    await library.put("terms.md", "# Terms\n\nThe mean time to repair (MTTR) is kept low.\n")
    await library.put("shop.md", "# Shop\n\nWhat takes the mean time of a repair is the wait.\n")
    found = await DocumentSearch(library.reader).search("MTTR", ADA)
    assert [hit.label for hit in found.hits] == ["terms.md", "shop.md"]


@pytest.mark.anyio
async def test_what_a_hidden_document_defines_finds_nothing(library: Library) -> None:
    text = "# Terms\n\nThe mean time to repair (MTTR) is kept low.\n"
    await library.put("terms.md", text, acl=("user:bob",))
    await library.put("shop.md", "# Shop\n\nWhat takes the mean time of a repair is the wait.\n")
    found = await DocumentSearch(library.reader).search("MTTR", ADA)
    assert found.hits == ()


@pytest.mark.anyio
async def test_an_empty_store_is_searched_without_a_fault(library: Library) -> None:
    found = await DocumentSearch(library.reader).search("restart the loader", ADA)
    assert found.hits == ()
    assert set(found.weights) == set(terms("restart loader"))
