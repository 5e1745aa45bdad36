"""The variables of this process and of its `.env`: providers name their own keys."""

from __future__ import annotations

import os

from dotenv import dotenv_values


def process_environment() -> dict[str, str]:
    """Return the variables; those of the process win over `.env`, as they do for the settings."""
    told = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    return {**told, **os.environ}
