from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.tools.docs.formats.markdown import blocks_of
from clearway.tools.docs.ingesting.chunk import chunks_of
from clearway.tools.docs.words.glossary import definitions_in, name_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("said", "term", "meaning"),
    [
        ("STR = ticks / seconds on shift", "STR", "ticks / seconds on shift"),
        ("- Sell-through rate := units sold / units received", "Sell-through rate", None),
        ("Churn means a customer without an order for 90 days.", "Churn", None),
        ("The settlement date refers to the day money moves.", "settlement date", None),
        ("- **Backfill**: loading days that are already past again", "Backfill", None),
        ("We watch the mean time to recovery (MTTR) closely.", "MTTR", "mean time to recovery"),
        ("SLA (service level agreement) breaches are paged.", "SLA", "service level agreement"),
        ("| term | meaning |\n|---|---|\n| GMV | gross value of goods |", "GMV", None),
        ("| Metric | Formula |\n|---|---|\n| fill rate | shipped / ordered |", "fill rate", None),
    ],
)
def test_a_definition_is_found(said: str, term: str, meaning: str | None) -> None:
    found = {each.term: each for each in definitions_in(said)}
    assert term in found
    assert found[term].meaning in said
    assert meaning is None or found[term].meaning == meaning
    assert found[term].quote in said
    assert found[term].name == name_of(term)


@pytest.mark.parametrize(
    "said",
    [
        "Note: restart the loader first, then look.",
        "Nothing is defined here (see the other page).",
        "if a == b then stop",
        "| host | port |\n|---|---|\n| db | 5432 |",
        "The loader retries (WITH backoff).",
    ],
)
def test_what_defines_nothing_is_left_alone(said: str) -> None:
    assert definitions_in(said) == ()


def test_code_defines_nothing() -> None:
    text = "Rate = sold / received\n\n```python\ntotal = sum(rows)\n```\n"
    (chunk,) = chunks_of(blocks_of(text))
    assert [each.term for each in chunk.definitions] == ["Rate"]


@given(st.text("aA(=|-: .\n", max_size=300))
def test_any_text_is_read(said: str) -> None:
    assert all(each.name and each.meaning for each in definitions_in(said))
