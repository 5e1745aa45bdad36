"""Clearway: ask in plain words; get a right answer or an honest no.

Everything public is imported from here, on first use: `import clearway` alone loads nothing
heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clearway.app import Clearway as Clearway
    from clearway.errors import ClearwayError as ClearwayError
    from clearway.identity import Principal as Principal
    from clearway.outcome import Answered as Answered
    from clearway.outcome import Clarify as Clarify
    from clearway.outcome import Denied as Denied
    from clearway.outcome import Failed as Failed
    from clearway.outcome import Limited as Limited
    from clearway.outcome import NeedsReview as NeedsReview
    from clearway.outcome import Outcome as Outcome
    from clearway.outcome import Refused as Refused
    from clearway.settings import Settings as Settings
    from clearway.sync import SyncClearway as SyncClearway

__version__ = "0.1.0"

_HOME = {
    "Clearway": "app",
    "SyncClearway": "sync",
    "ClearwayError": "errors",
    "Principal": "identity",
    "Settings": "settings",
    "Outcome": "outcome",
    "Answered": "outcome",
    "Clarify": "outcome",
    "Refused": "outcome",
    "NeedsReview": "outcome",
    "Denied": "outcome",
    "Limited": "outcome",
    "Failed": "outcome",
}

__all__ = ["__version__", *_HOME]  # noqa: PLE0604  # names resolved by __getattr__ below


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'clearway' has no attribute {name!r}")
    return getattr(import_module(f"clearway.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
