"""Language models: a router over many providers, usable by itself.

    from clearway.llm import ChatRequest, open_router

    router = open_router()
    reply = await router.generate(ChatRequest(messages=[{"role": "user", "content": "..."}]))

Names are imported on first use: `import clearway.llm` alone loads nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clearway.llm.artifacts.make import ArtifactMaker as ArtifactMaker
    from clearway.llm.artifacts.settings import ArtifactSettings as ArtifactSettings
    from clearway.llm.artifacts.types import ArtifactRequest as ArtifactRequest
    from clearway.llm.artifacts.types import Generated as Generated
    from clearway.llm.artifacts.types import Hints as Hints
    from clearway.llm.chat import RoutedChat as RoutedChat
    from clearway.llm.limits import RouterSettings as RouterSettings
    from clearway.llm.open import open_router as open_router
    from clearway.llm.providers.registry import load_registry as load_registry
    from clearway.llm.router import Router as Router
    from clearway.llm.types import ChatReply as ChatReply
    from clearway.llm.types import ChatRequest as ChatRequest
    from clearway.llm.types import Delta as Delta
    from clearway.llm.types import Finished as Finished
    from clearway.llm.types import Restarted as Restarted
    from clearway.llm.types import Tried as Tried

_HOME = {
    "ArtifactMaker": "artifacts.make",
    "ArtifactRequest": "artifacts.types",
    "ArtifactSettings": "artifacts.settings",
    "ChatReply": "types",
    "ChatRequest": "types",
    "Delta": "types",
    "Finished": "types",
    "Generated": "artifacts.types",
    "Hints": "artifacts.types",
    "Restarted": "types",
    "Tried": "types",
    "RoutedChat": "chat",
    "Router": "router",
    "RouterSettings": "limits",
    "load_registry": "providers.registry",
    "open_router": "open",
}

__all__ = list(_HOME)  # names resolved by __getattr__ below


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'clearway.llm' has no attribute {name!r}")
    return getattr(import_module(f"clearway.llm.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
