"""docs/providers.md says what providers.yaml says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clearway.llm.face.config import ServeConfig, load_config
from clearway.llm.providers.registry import load_registry

pytestmark = pytest.mark.unit

ROOT = Path(os.environ.get("CLEARWAY_CHECKOUT", Path(__file__).resolve().parents[3]))
GUIDE = ROOT / "docs" / "providers.md"


def test_the_guide_lists_every_provider_with_its_price_and_keys() -> None:
    guide = GUIDE.read_text("utf-8")
    rows = {line.split("|")[1].strip(): line for line in guide.splitlines() if "| `" in line}
    listed = {name.strip("`") for name in rows}
    assert listed == {provider.id for provider in load_registry()}
    for provider in load_registry():
        row = rows[f"`{provider.id}`"]
        price = provider.price
        assert ("unknown" if price is None else f"| {price.input} / {price.output} |") in row
        assert f"| `{provider.model}` |" in row
        assert f"| {provider.context:,} | {provider.clearance} |" in row
        for endpoint in provider.endpoints:
            assert all(f"`{key}`" in row for key in endpoint.keys)


def test_the_guides_file_to_be_served_can_be_read(tmp_path: Path) -> None:
    guide = GUIDE.read_text("utf-8").partition("## `clearway llm serve`")[2]
    (own := tmp_path / "llm.yaml").write_text(guide.partition("```yaml\n")[2].partition("```")[0])
    config = load_config(own)
    assert config.model_fields_set == set(ServeConfig.model_fields)
