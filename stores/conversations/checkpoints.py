"""LangGraph checkpoints in Postgres, without secrets."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.types import Send
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from clearway.graph.ports import Redactor
from clearway.graph.turn import redacted

_PLACES = frozenset({"thread_id", "checkpoint_ns", "checkpoint_id"})
"""Where a checkpoint stands, which is no text."""


class RedactingSerializer(JsonPlusSerializer):
    """Redacts every text on its way into a checkpoint: the input a client sent included."""

    def __init__(self, redactor: Redactor) -> None:
        """Everything that is written passes the redactor first."""
        super().__init__()
        self._redactor = redactor

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        """Return the value as it may be kept."""
        return super().dumps_typed(self._clean(obj))

    def _clean(self, value: Any) -> Any:
        if isinstance(value, BaseMessage):
            content = redacted(value.content, self._redactor.redact)
            return (
                value if content is value.content else value.model_copy(update={"content": content})
            )
        if isinstance(value, Send):
            return Send(value.node, self._clean(value.arg))
        if isinstance(value, list) and any(isinstance(item, BaseMessage | Send) for item in value):
            return [self._clean(item) for item in value]
        if isinstance(value, dict) and "messages" in value:
            rest = {key: item for key, item in value.items() if key != "messages"}
            kept = redacted(rest, self._redactor.redact)
            return {**kept, "messages": self._clean(value["messages"])}
        if isinstance(value, str | dict | list):
            return redacted(value, self._redactor.redact)
        return value


class RedactingSaver(AsyncPostgresSaver):
    """The saver of LangGraph, whose short values travel outside the serializer."""

    def __init__(
        self, pool: AsyncConnectionPool[AsyncConnection[dict[str, Any]]], redactor: Redactor
    ) -> None:
        """Everything that is written passes the redactor first."""
        super().__init__(pool, serde=RedactingSerializer(redactor))
        self._redactor = redactor

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Keep a checkpoint, its texts redacted; so is what a run says of itself beside them."""
        redact = self._redactor.redact
        values = {
            name: redact(value) if isinstance(value, str) else value
            for name, value in checkpoint["channel_values"].items()
        }
        clean: Checkpoint = {**checkpoint, "channel_values": values}
        configurable = config.get("configurable") or {}
        places = {name: value for name, value in configurable.items() if name in _PLACES}
        about: RunnableConfig = {
            **config,
            "metadata": redacted(config.get("metadata") or {}, redact),
            "configurable": {**redacted(configurable, redact), **places},
        }
        noted = redacted(metadata, redact)
        return await super().aput(about, clean, noted, new_versions)


def checkpointer(
    pool: AsyncConnectionPool[AsyncConnection[dict[str, Any]]], redactor: Redactor
) -> AsyncPostgresSaver:
    """Return a saver that uses the whole pool.

    The saver takes one lock around every statement, which makes a pool act as a single
    connection. Each statement uses a connection of its own, so the lock guards nothing when there
    is a pool; tests/integration/stores/test_checkpoints.py fails should an upgrade change that.
    """
    saver = RedactingSaver(pool, redactor)
    saver.lock = nullcontext()  # type: ignore[assignment]  # used only in `async with`
    return saver
