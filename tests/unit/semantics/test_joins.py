from __future__ import annotations

import pytest

from clearway.semantics.resolving.joins import JoinGraph
from clearway.semantics.types import Catalog
from tests.unit.semantics.catalogs import LIBRARY, declare

pytestmark = pytest.mark.unit

GRAPH = JoinGraph(LIBRARY)


def targets(start: str, end: str, **options: object) -> list[str] | None:
    path = GRAPH.path(f"public.{start}", f"public.{end}", **options)  # type: ignore[arg-type]
    return None if path is None else [edge.target.partition(".")[2] for edge in path]


def test_the_shortest_path_is_taken() -> None:
    assert targets("loan", "branch") == ["member", "branch"]
    assert targets("author", "book") == ["book_author", "book"]


def test_a_path_that_multiplies_rows_is_no_path_to_one() -> None:
    assert targets("loan", "book", to_one=True) == ["book"]
    assert targets("book", "loan", to_one=True) is None


def test_the_plain_key_wins_unless_the_question_names_the_other() -> None:
    plain = GRAPH.path("public.book", "public.genre")
    named = GRAPH.path("public.book", "public.genre", hints=frozenset({"original"}))

    assert plain is not None
    assert named is not None
    assert (plain[0].key, named[0].key) == ("genre_id", "original_genre_id")


def test_equally_good_paths_are_a_tie() -> None:
    diamond = JoinGraph(
        Catalog(
            source_id="d",
            tables=(
                declare("top", "id:int", key="id"),
                declare("left", "id:int top_id:int", key="id", links={"top_id": "top.id"}),
                declare("right", "id:int top_id:int", key="id", links={"top_id": "top.id"}),
                declare(
                    "base",
                    "id:int left_id:int right_id:int",
                    key="id",
                    links={"left_id": "left.id", "right_id": "right.id"},
                ),
            ),
        )
    )

    assert len(diamond.paths("public.base", "public.top")) == 2
    assert diamond.path("public.base", "public.top") is None


def test_names_stand_in_for_keys_nobody_declared() -> None:
    graph = JoinGraph(
        Catalog(
            source_id="n",
            tables=(
                declare("customers", "id:int", key="id"),
                declare("orders", "order_id:int customer_id:int", key="order_id"),
            ),
        )
    )
    path = graph.path("public.orders", "public.customers")

    assert path is not None
    assert path[0].pairs == (("customer_id", "id"),)
