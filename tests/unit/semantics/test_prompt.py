"""What a model is told of tables is written as its statement has to write it."""

from __future__ import annotations

import pytest

from clearway.semantics.catalog import stamped
from clearway.semantics.types import Catalog, Column, ForeignKey, Table
from clearway.semantics.understanding import Understanding
from tests.unit.semantics.catalogs import ASKER, frame

pytestmark = pytest.mark.unit


def test_names_that_need_quotes_have_them() -> None:
    key = ForeignKey(columns=("user",), to_schema="shop", to_table="user", to_columns=("id",))
    order = Table(
        schema="shop",
        name="order",
        columns=(Column(name="user", type="integer"), Column(name="Total Price", type="numeric")),
        foreign_keys=(key,),
    )
    user = Table(schema="shop", name="user", columns=(Column(name="id", type="integer"),))
    shop = Understanding(stamped(Catalog(source_id="shop", tables=(order, user))))

    schema = shop.prompt_schema(frame(shop, "how many orders"), ASKER)

    assert 'table shop."order" (' in schema
    assert '  "user" integer,\n  "Total Price" numeric,\n' in schema
    assert 'foreign key ("user") references shop."user" (id)' in schema
