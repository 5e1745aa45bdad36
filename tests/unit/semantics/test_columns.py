"""Which column a name is of, and what a number is in, where a database leaves a choice."""

from __future__ import annotations

import pytest

from clearway.plans import SqlPlan
from clearway.semantics.catalog import stamped
from clearway.semantics.frame import ColumnRef
from clearway.semantics.resolving.grounding import Fact
from clearway.semantics.types import Abstention, Catalog
from clearway.semantics.understanding import Understanding
from tests.unit.semantics.catalogs import ASKER, NOW, declare

pytestmark = pytest.mark.unit

COMPOSER, BAND = ColumnRef("public.song", "composer"), ColumnRef("public.band", "name")
FACTS = (
    Fact("Ark", ((COMPOSER, "Ark"),)),
    Fact("Ark", ((BAND, "Ark"),)),
    Fact("Bell", ((COMPOSER, "Bell"),)),
)
SONGS = Understanding(
    stamped(
        Catalog(
            source_id="songs",
            tables=(
                declare("band", "band_id:int name:text", key="band_id"),
                declare(
                    "song",
                    "song_id:int title:text composer:text band_id:int seconds:int",
                    key="song_id",
                    links={"band_id": "band.band_id"},
                ),
            ),
        )
    )
)


def answered(question: str) -> SqlPlan | Abstention:
    read = SONGS.read(question, ASKER, now=NOW, zone="UTC", facts=FACTS)
    return SONGS.plan(read, ASKER)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("songs by Bell", "song.composer = 'Bell'"),
        ("songs composed by Ark", "song.composer = 'Ark'"),
        ("songs whose composer is Ark", "song.composer = 'Ark'"),
        ("songs longer than 5 minutes", "song.seconds > 300"),
        ("songs longer than 300 seconds", "song.seconds > 300"),
        ("bands whose average song length is over 300 seconds", "HAVING AVG(song.seconds) > 300"),
        ("songs with more than 300 seconds", "song.seconds > 300"),
    ],
)
def test_the_column_that_is_meant_is_tested(question: str, part: str) -> None:
    found = answered(question)

    assert isinstance(found, SqlPlan), found
    assert part in found.sql


def test_a_name_that_two_columns_hold_is_asked_back() -> None:
    found = answered("songs by Ark")

    assert isinstance(found, Abstention)
    assert found.unclear == ("Ark",)
