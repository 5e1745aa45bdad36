"""Changing one slot of a question changes its Frame; saying it otherwise does not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearway.semantics.frame import Frame
from tests.unit.semantics.catalogs import ASKER, NOW, frame, library, sales

pytestmark = pytest.mark.unit

SLOTS = {
    "aggregate": ("total", "average", "maximum", "minimum"),
    "measure": ("revenue", "units sold"),
    "dimension": ("region", "product", "channel"),
    "region": ("in Europe", "in Asia Pacific", "outside Europe", ""),
    "period": ("last quarter", "last month", "in Q3 2025", "in 2025", "since March 2026", ""),
}
ORDERS = ("", "highest first", "lowest first")
LIMITS = ("", "top 3", "top 4", "bottom 3")


def said(choice: dict[str, str]) -> str:
    return " ".join(
        part
        for part in (
            choice["aggregate"], choice["measure"], "by", choice["dimension"], choice["region"],
            choice["period"],
        )
        if part
    )  # fmt: skip


choices = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in SLOTS.items()})


@settings(max_examples=150, deadline=None)
@given(choices, st.data())
def test_one_slot_changed_is_another_question(choice: dict[str, str], data: st.DataObject) -> None:
    slot = data.draw(st.sampled_from(sorted(SLOTS)))
    other = data.draw(st.sampled_from([v for v in SLOTS[slot] if v != choice[slot]]))

    changed = {**choice, slot: other}

    assert frame(sales, said(choice)).canonical() != frame(sales, said(changed)).canonical()


REWORDINGS = (
    lambda text: text.upper(),
    lambda text: f"What is the {text}?",
    lambda text: f"please show me the {text}",
    lambda text: text.replace(" by ", " per "),
    lambda text: text.replace(" by ", " for each "),
    lambda text: f"  {text.replace(' ', '  ')} ",
)


@settings(max_examples=150, deadline=None)
@given(choices, st.sampled_from(range(len(REWORDINGS))))
def test_other_words_are_the_same_question(choice: dict[str, str], rewording: int) -> None:
    text = said(choice)

    assert frame(sales, text).complete
    assert frame(sales, REWORDINGS[rewording](text)).canonical() == frame(sales, text).canonical()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("books with more than 300 pages", "books with fewer than 300 pages"),
        ("books with more than 300 pages", "books with more than 301 pages"),
        ("books with at least 300 pages", "books with more than 300 pages"),
        ("members with loans", "members without loans"),
        ("the 5 most expensive books", "the 5 cheapest books"),
        ("the 5 most expensive books", "the 6 most expensive books"),
        ("the oldest employee", "the youngest employee"),
        ("titles of books by price ascending", "titles of books by price descending"),
        ("books in the Crime genre", "books not in the Crime genre"),
        ("How many cities do members live in?", "Which cities do members live in?"),
    ],
)
def test_small_words_that_turn_a_meaning(one: str, other: str) -> None:
    assert frame(library, one).canonical() != frame(library, other).canonical()


def spans_are_inside(read: Frame) -> bool:
    size = len(read.text)
    spans = [slot.span for slot in (*read.measures, *read.filters, *read.leftover, *read.order)]
    return all(0 <= start <= end <= size for start, end in spans)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    read = frame(library, text)

    assert spans_are_inside(read)
    assert Frame.from_json(read.to_json()) == read
    assert library.route(text, read, ASKER).reason
    library.plan(read, ASKER)


SENTENCE = """
the of in by with not never how many most 5 books loans members first last and or who title price
'x' "Crime" than more at least average number Cork 2025 , . each without
"""
WORDS = st.sampled_from(SENTENCE.split())


@settings(max_examples=400, deadline=None)
@given(st.lists(WORDS, max_size=25))
def test_any_order_of_known_words_is_read(words: list[str]) -> None:
    text = " ".join(words)
    read = frame(library, text)

    assert spans_are_inside(read)
    library.plan(read, ASKER)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10_000,
        "how many " * 1_111,
        "( " * 5_000,
        "'" * 10_000,
        "book " * 2_000,
        "1,000," * 1_600,
        "\u202e\u200d" * 5_000,
        "de la " * 1_600,
    ],
)
def test_ten_thousand_characters_are_read_in_bounded_time(text: str) -> None:
    read = library.read(text, ASKER, now=NOW, zone="UTC")

    assert library.route(text, read, ASKER).reason
