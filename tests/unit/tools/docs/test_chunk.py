from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.tools.docs.formats.markdown import blocks_of
from clearway.tools.docs.ingesting.chunk import LONGEST_WORDS, MAX_CHARS, TARGET_WORDS, chunks_of
from clearway.tools.docs.types import Block, BlockKind

pytestmark = pytest.mark.unit

PROSE = " ".join(f"Sentence number {n} has seven words here." for n in range(40))


def test_a_passage_knows_its_headings_and_lines() -> None:
    text = f"# Guide\n\n{PROSE}\n\n## Loads\n\n### Retry\n\nWait, then retry the load.\n"
    chunks = chunks_of(blocks_of(text), "Guide")
    last = chunks[-1]
    assert last.section == ("Loads", "Retry")
    assert last.text.endswith("Wait, then retry the load.")
    assert (last.line, last.end_line) == (5, 9)
    assert chunks[0].section == (), "the title is not repeated"
    assert all(len(chunk.text.split()) <= TARGET_WORDS + LONGEST_WORDS for chunk in chunks)


def test_a_split_table_repeats_its_head_and_counts_its_lines() -> None:
    rows = "\n".join(f"| code {n} | what code {n} stands for in full |" for n in range(60))
    text = f"| code | meaning |\n| --- | --- |\n{rows}\n"
    chunks = chunks_of(blocks_of(text))
    assert len(chunks) > 2
    assert all(chunk.text.startswith("| code | meaning |\n| --- | --- |\n") for chunk in chunks)
    assert [chunk.line for chunk in chunks] == sorted(chunk.line for chunk in chunks)
    for chunk in chunks:
        first = chunk.text.split("\n")[2]
        assert text.split("\n")[chunk.line - 1] == first


def test_code_is_split_at_lines_only() -> None:
    code = "\n".join(f"value_{n} = compute(value_{n - 1})  # step {n}" for n in range(100))
    chunks = chunks_of(blocks_of(f"```python\n{code}\n```\n"))
    assert "\n".join(chunk.text for chunk in chunks) == code
    assert chunks[0].line == 2


def test_a_page_begins_a_passage() -> None:
    blocks = [
        Block(kind="text", text=f"On page {page}.", line=1, end_line=1, page=page)
        for page in (1, 1, 2)
    ]
    assert [(chunk.page, chunk.text) for chunk in chunks_of(blocks)] == [
        (1, "On page 1.\n\nOn page 1."),
        (2, "On page 2."),
    ]


KINDS: list[BlockKind] = ["heading", "text", "list", "table", "code"]


@given(
    st.lists(
        st.tuples(st.sampled_from(KINDS), st.text("ab .\n|-", min_size=1, max_size=400)),
        max_size=12,
    )
)
def test_no_word_is_lost_and_lines_stay_inside(found: list[tuple[BlockKind, str]]) -> None:
    blocks = []
    line = 1
    for kind, text in found:
        end = line + text.count("\n")
        blocks.append(Block(kind=kind, text=text, level=1, line=line, end_line=end))
        line = end + 2
    chunks = chunks_of(blocks)
    kept = [word for chunk in chunks for word in chunk.text.split() if word != "#"]
    wanted = [word for block in blocks for word in block.text.split()]
    # A table's head may come more than once.
    assert len(kept) >= len(wanted)
    assert set(kept) == set(wanted)
    assert all(1 <= chunk.line <= chunk.end_line < line for chunk in chunks)


def test_a_word_without_end_stays_bounded() -> None:
    block = Block(kind="text", text="x" * (3 * MAX_CHARS), line=1, end_line=1)
    chunks = chunks_of([block])
    assert "".join(chunk.text for chunk in chunks) == block.text
    assert all(len(chunk.text) <= MAX_CHARS for chunk in chunks)
