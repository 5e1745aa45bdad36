"""A chat model as the writer of answers from passages; it never sees what the guardrails hide."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage

from clearway.errors import ClearwayError, ModelUnavailable
from clearway.graph.ports import ModelRequest, Spending
from clearway.llm.planning.planner import charged
from clearway.llm.ports import Guardrails

CallOptions = Callable[[ModelRequest, float], Mapping[str, Any]]


class ChatAnswers:
    """Implements the documents tool's `AnswerModel` over any chat model."""

    def __init__(
        self, chat: BaseChatModel, guardrails: Guardrails, *, name: str, options: CallOptions
    ) -> None:
        """`options` are what the chat model is told of each request beyond its messages."""
        self._chat = chat
        self._guardrails = guardrails
        self._name = name
        self._options = options

    async def write(self, request: ModelRequest, passages: str) -> tuple[str, Spending]:
        """Return what the model wrote, with the asker's own values in it, and what that cost."""
        question = self._guardrails.hide(request.question)
        told = self._guardrails.hide(passages, known=question.secrets)
        messages = [
            SystemMessage(request.instructions),
            HumanMessage(f"Passages:\n{told.text}\n\nQuestion:\n{question.text}"),
        ]
        try:
            async with asyncio.timeout(request.timeout_s):
                options = self._options(request, request.timeout_s)
                answer = await self._chat.ainvoke(messages, **options)
        except TimeoutError:
            raise ModelUnavailable(f"{self._name} did not answer in time.", model=self._name) from (
                None
            )
        except ModelUnavailable:
            raise
        except ClearwayError as error:  # its limit, its circuit, its deadline
            raise ModelUnavailable(error.message, model=self._name, **error.details) from None
        spent = charged(Spending(model=self._name), answer, name=self._name)
        return self._guardrails.restore(str(answer.text), told.secrets), spent
