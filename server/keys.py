"""API keys of a server: a YAML list of who holds which key, the keys themselves only as digests."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from clearway.errors import ConfigurationError


class ApiKey(BaseModel):
    """One key: `printf %s "$KEY" | sha256sum` makes its digest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    user: str = Field(min_length=1)
    tenant: str = "default"
    roles: tuple[str, ...] = ("analyst",)
    scopes: tuple[str, ...] = ()


_KEYS = TypeAdapter(tuple[ApiKey, ...])


def load_keys(path: Path | None) -> tuple[ApiKey, ...] | None:
    """Return the keys of a file, or None where none is configured; never an empty tuple."""
    if path is None:
        return None
    try:
        keys = _KEYS.validate_python(yaml.safe_load(path.read_text("utf-8")) or [])
    except OSError as error:
        raise ConfigurationError(
            f"CLEARWAY_API_KEYS_PATH: {path} cannot be read ({error.strerror})."
        ) from None
    except (yaml.YAMLError, ValidationError):
        raise ConfigurationError(
            f"CLEARWAY_API_KEYS_PATH: {path} must be a YAML list of entries with sha256 and user, "
            "and optionally tenant, roles and scopes."
        ) from None
    if not keys:
        raise ConfigurationError(f"CLEARWAY_API_KEYS_PATH: {path} lists no key.")
    return keys
