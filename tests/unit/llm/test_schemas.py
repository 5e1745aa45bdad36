"""Schemas in short: what columns there are, of which type, and how they hang together."""

from __future__ import annotations

import json

import pytest

from clearway.llm.prompts.schemas import in_short, schemas

pytestmark = pytest.mark.unit

DDL = """Tables:
CREATE TABLE IF NOT EXISTS shop.orders (
    id bigint PRIMARY KEY, -- made by a sequence, never used twice
    placed_at timestamp with time zone NOT NULL DEFAULT now(),
    total numeric(12, 2) CHECK (total >= 0),
    note text DEFAULT 'a, b (c)',
    client_id integer REFERENCES clients (id) ON DELETE CASCADE,
    CONSTRAINT positive CHECK (total > 0)
);
COMMENT ON COLUMN shop.orders.note IS 'whatever';
Which orders are late?"""


def test_a_table_is_its_columns_types_and_keys() -> None:
    assert in_short(DDL) == (
        "Tables:\nshop.orders(id bigint primary key, placed_at timestamp, total numeric(12, 2), "
        "note text, client_id integer references clients (id));\n\nWhich orders are late?"
    )
    assert in_short(in_short(DDL)) == in_short(DDL)


def test_a_document_keeps_its_names_and_loses_what_is_told_aside() -> None:
    schema = {
        "title": "Order",
        "properties": {
            "title": {"type": "string", "description": "of the order", "default": "x"},
            "rows": {"items": {"properties": {"id": {"type": "integer", "examples": [1]}}}},
        },
    }
    short = in_short(f"Schema:\n{json.dumps(schema, indent=2)}\nWhat is it?")
    assert short == (
        'Schema:\n{"properties":{"title":{"type":"string"},'
        '"rows":{"items":{"properties":{"id":{"type":"integer"}}}}}}\nWhat is it?'
    )


@pytest.mark.parametrize(
    "text",
    [
        "How do I create table (a) rows?  ",
        "create table t (a int, b text",
        '{"total": 3, "default": 4}',
        "[not json",
    ],
)
def test_what_is_no_schema_stays_as_it_is(text: str) -> None:
    assert in_short(text) == text
    assert schemas(text) == []
