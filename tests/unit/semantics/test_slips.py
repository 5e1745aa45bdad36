"""Slips in words of grammar are mended where such a word is expected, and nowhere else."""

from __future__ import annotations

import pytest

from tests.unit.semantics.catalogs import abstained, frame, planned, sales
from tests.unit.semantics.pottery import pottery

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("What si the price of the cheapest piece?", "What is the price of the cheapest piece?"),
        ("hwat are the names of the glazes?", "what are the names of the glazes?"),
        ("Cound the number of potters", "Count the number of potters"),
        ("hwo many pieces are there", "how many pieces are there"),
        ("How amny pieces are there", "How many pieces are there"),
        ("pieces amde by the potter Mei Oda", "pieces made by the potter Mei Oda"),
        ("collectors who bougth pieces", "collectors who bought pieces"),
        ("Whihc potters are from Japan?", "Which potters are from Japan?"),
        ("lsit teh potters", "list the potters"),
        ("names fo potters wiht pieces", "names of potters with pieces"),
    ],
)
def test_a_slip_of_one_word_is_read_and_told(slip: str, meant: str) -> None:
    assert planned(pottery, slip) == planned(pottery, meant)
    assert any("is read as" in assumed for assumed in frame(pottery, slip).assumptions)


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("tasks of si", "si"),
        ("purchases to fo in May", "fo"),
        ("purchases from teh in May", "teh"),
        ("hwo made the pieces", "hwo"),
        ("Lift all potters", "Lift"),
        ("County the number of potters", "County"),
        ("collectors who sing", "sing"),
        ("collectors who filed purchases", "filed"),
        ("what aws tasks are open", "aws"),
        ("pieces by Wiht Potters", "Wiht Potters"),
        ("pieces nto by the potter Mei Oda", "nto"),
    ],
)
def test_what_may_be_another_word_or_a_name_is_left(question: str, word: str) -> None:
    assert word in " ".join(abstained(pottery, question).unclear)
    assert not any("is read as" in assumed for assumed in frame(pottery, question).assumptions)


def test_a_quoted_slip_is_data() -> None:
    assert "'teh'" in planned(pottery, 'pieces by the potter "teh"')


def test_slips_of_what_turns_a_meaning_around_are_never_mended() -> None:
    abstained(sales, "revenue wihtout Europe")
