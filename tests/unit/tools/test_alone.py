"""Each tree layer with the others off: what it stops that none of the others would."""

from __future__ import annotations

import pytest

from clearway.evals.bench.alone import stops, tree_layers
from tests.unit.tools.corpus import corpus_catalog, entries

pytestmark = pytest.mark.unit

LAYERS = tree_layers(corpus_catalog())

ONLY = {
    "text": [
        "SELECT name FROM regions\u3000r",
        "SELECT o.id FROM orders\u2003o",
    ],
    "tree": [
        'SELECT owner FROM U&"v\\0061ult".ledger',
        "SELECT value FROM ONLY (secrets)",
    ],
    "names": [
        "SELECT value FROM secrets",
        "SELECT ssn FROM customers",
        "SELECT * FROM customers",
        "SELECT c.profile FROM customers c",
        "SELECT owner FROM vault.ledger",
    ],
    "bounds": [
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t",
        "SELECT count(*) FROM generate_series(1, 1000000000)",
        "SELECT repeat('x', 1000000000)",
        "SELECT count(*) FROM orders a, orders b, orders c",
        "SELECT name ~ '^(a+)+\\1$' FROM regions",
    ],
}


@pytest.mark.parametrize(("layer", "sql"), [(name, sql) for name in ONLY for sql in ONLY[name]])
def test_only_this_layer_stops_it(layer: str, sql: str) -> None:
    assert [name for name in LAYERS if stops(LAYERS, name, sql)] == [layer]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT pg_sleep(1)",
        "SELECT id FROM orders FOR UPDATE",
        "SELECT (name).lower FROM regions",
        "SELECT 'orders'::regclass",
        "SELECT nextval('order_number_seq')",
        "SELECT lo_import('/etc/passwd')",
        "DELETE FROM orders",
    ],
)
def test_the_two_readers_each_stop_it_alone(sql: str) -> None:
    assert stops(LAYERS, "agreement", sql)
    assert stops(LAYERS, "tree", sql)


def test_each_layer_stops_many_of_the_attacks_and_no_benign_query() -> None:
    attacks = [entry["sql"] for entry in entries("attacks")]
    for name in LAYERS:
        if name != "text":
            assert sum(stops(LAYERS, name, sql) for sql in attacks[::7]) > 20, name
    benign = [entry["sql"] for entry in entries("benign")][::5]
    for name in LAYERS:
        assert sum(stops(LAYERS, name, sql) for sql in benign) <= 2, name
