"""What a generation is kept and shared under: equal only where the reply may be the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping


def generation_key(
    *,
    model: str,
    workflow: str,
    parameters: Mapping[str, object],
    prompt: object,
    scope: str = "",
) -> str:
    """Return SHA-256 over all of it, in hexadecimal; the same in every process.

    `prompt` is a text or JSON-plain messages. `scope` says for whom the reply may be used, such as
    a tenant and its policy: a reply is never another's. Raises `TypeError` for what is no JSON.
    """
    told = [model, workflow, dict(parameters), prompt, scope]
    canonical = json.dumps(
        told, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    # Lone surrogates are text to JSON and not to UTF-8.
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
