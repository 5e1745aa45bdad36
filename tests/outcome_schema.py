"""The published schema of an Outcome, to hold real ones against."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema_rs

ROOT = Path(os.environ.get("CLEARWAY_CHECKOUT", Path(__file__).resolve().parents[1]))
PUBLISHED = ROOT / "docs" / "outcome.schema.json"
_VALIDATOR = jsonschema_rs.Draft202012Validator(json.loads(PUBLISHED.read_text("utf-8")))


def conforming(outcome: dict[str, Any]) -> dict[str, Any]:
    """Return a JSON-plain outcome that conforms; fails with what is wrong otherwise."""
    problems = [
        f"{error.instance_path}: {error.message}" for error in _VALIDATOR.iter_errors(outcome)
    ]
    assert not problems, problems
    return outcome
