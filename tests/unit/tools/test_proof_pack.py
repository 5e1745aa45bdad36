from __future__ import annotations

import os
from pathlib import Path

import pytest

from clearway.evals.bench.proof_rules import rules
from clearway.evals.bench.proof_words import LAYERS

pytestmark = pytest.mark.unit

UNREACHED = {"sql.names.from"}
"""A second line behind the tree layer, which knows no other FROM items."""


def test_every_rule_of_every_layer_is_named_by_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    # The guard is read as source, which an installed package does not have beside its tests.
    monkeypatch.chdir(os.environ.get("CLEARWAY_CHECKOUT", Path(__file__).parents[3]))
    found = rules()
    assert set(found) == {layer for layer, _ in LAYERS}
    unnamed = {rule for by_rule in found.values() for rule, tests in by_rule.items() if not tests}
    assert unnamed <= UNREACHED
