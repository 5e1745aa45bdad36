from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.tools.docs.ingesting.index import Count
from clearway.tools.docs.ingesting.prune import BUDGET, COMMON_SHARE, SMALLEST, probes

pytestmark = pytest.mark.unit

COUNTS = st.dictionaries(
    st.tuples(st.integers(1, 12), st.integers(1, 5)),
    st.integers(1, 200_000).map(lambda n: Count(documents=n, chunks=n)),
    min_size=1,
    max_size=40,
)


@given(COUNTS)
def test_what_is_read_is_bounded_and_every_list_is_looked_into(
    counts: dict[tuple[int, int], Count],
) -> None:
    weights = {term: 1.0 for term, _ in counts}
    found, whole = probes(counts, weights)
    assert {(probe.term, probe.class_id) for probe in found} == set(counts)
    read = sum(probe.limit for probe in found)
    assert read <= BUDGET + len(weights) * COMMON_SHARE + len(counts) * SMALLEST
    total = sum(count.chunks for count in counts.values())
    assert whole == (read == total)


def test_what_is_rare_is_read_in_full() -> None:
    counts = {(1, 1): Count(documents=5, chunks=9), (2, 1): Count(documents=90, chunks=90_000)}
    found, whole = probes(counts, {1: 3.0, 2: 0.1})
    assert [(probe.term, probe.limit) for probe in found] == [(1, 9), (2, COMMON_SHARE)]
    assert not whole
