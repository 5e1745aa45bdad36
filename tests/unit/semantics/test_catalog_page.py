"""The page on the catalog says all that may be written, and nothing that may not."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import get_args

import pytest

from clearway.errors import ConfigurationError
from clearway.semantics.catalog_file import parse_catalog
from clearway.semantics.types import Aggregate, Mask, Role, Sensitivity

pytestmark = pytest.mark.unit

ROOT = Path(os.environ.get("CLEARWAY_CHECKOUT", Path(__file__).resolve().parents[3]))
PAGE = (ROOT / "docs" / "catalog.md").read_text("utf-8")
EXAMPLE = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
WRONG = (
    "unheard: 1",
    "tables: {t: {unheard: 1}}",
    "tables: {t: {columns: {c: {unheard: 1}}}}",
    "measures: {m: {unheard: 1}}",
)


@pytest.mark.parametrize("wrong", WRONG)
def test_the_example_has_every_key(wrong: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_catalog(wrong)
    allowed = re.search(r"allowed: ([\w, ]+)", caught.value.message)
    assert allowed and EXAMPLE
    for key in allowed[1].split(", "):
        assert re.search(rf"\b{key}:", EXAMPLE[1]) or f"`{key}`" in PAGE, key


def test_the_example_is_read_and_the_choices_are_named() -> None:
    assert EXAMPLE
    said = parse_catalog(EXAMPLE[1])
    assert said.tables["shop.orders"].columns["email"].fields["mask"] == "partial"
    assert said.measures["average order value"].fields["unit"] == "EUR"
    for form in (Aggregate, Mask, Role, Sensitivity):
        assert all(f"`{choice}`" in PAGE for choice in get_args(form))
