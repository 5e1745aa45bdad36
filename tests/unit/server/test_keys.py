"""API keys from a file, kept as digests."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from clearway.errors import ConfigurationError
from clearway.server.keys import load_keys

pytestmark = pytest.mark.unit

DIGEST = hashlib.sha256(b"key").hexdigest()


def test_without_a_file_there_are_none() -> None:
    assert load_keys(None) is None


def test_a_key_has_a_holder(tmp_path: Path) -> None:
    path = tmp_path / "keys.yaml"
    path.write_text(f"- {{sha256: {DIGEST}, user: ada, scopes: [act_for]}}\n")
    (key,) = load_keys(path) or ()
    assert (key.user, key.tenant, key.roles, key.scopes) == (
        "ada", "default", ("analyst",), ("act_for",)
    )  # fmt: skip


@pytest.mark.parametrize(
    "text", ["", "[]", "- {user: ada}", "- {sha256: short, user: ada}", "{", "just words"]
)
def test_a_file_without_usable_keys_stops_the_server(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match="CLEARWAY_API_KEYS_PATH"):
        load_keys(path)


def test_a_missing_file_stops_the_server(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_keys(tmp_path / "nothing.yaml")
