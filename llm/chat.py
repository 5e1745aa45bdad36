"""The router as a LangChain chat model: any LangGraph app can use it where it used ChatOpenAI.

Messages, tools and structured output are turned into JSON and back by langchain-openai; what is
called, when and at whose cost is the router's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.output_parsers import JsonOutputParser, PydanticOutputParser
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda, RunnableMap, RunnablePassthrough
from langchain_openai.chat_models.base import BaseChatOpenAI
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from clearway.llm.face.asking import request_of
from clearway.llm.face.wire import journey_json, reply_json
from clearway.llm.portal import Portal
from clearway.llm.router import Router
from clearway.llm.types import ChatRequest, Delta

NO_CLIENT = object()
"""Where langchain-openai would have made a client: all calls go through the router."""


class RoutedChat(BaseChatOpenAI):
    """Implements `BaseChatModel` over a router; `routing` is put into every request it makes.

    invoke, stream, their asynchronous forms, bind_tools and with_structured_output work as with
    ChatOpenAI. Errors are `ClearwayError`. `response_metadata["clearway"]` says who answered.
    One call may have a `routing` of its own: `chat.invoke("...", routing={"user": "ada"})`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, populate_by_name=True)

    router: Router = Field(exclude=True)
    routing: dict[str, Any] = Field(default_factory=dict)
    """Fields of `ChatRequest`: task, user, tenant, preference, sensitivity, deadline_s ..."""
    portal: Portal = Field(default_factory=Portal, exclude=True)

    def __init__(self, router: Router, **fields: Any) -> None:
        """Take a router, `routing`, and whatever ChatOpenAI takes about sampling."""
        super().__init__(
            router=router,
            model="auto",
            api_key=SecretStr("held by the router"),
            use_responses_api=False,
            client=NO_CLIENT,
            root_client=NO_CLIENT,
            async_client=NO_CLIENT,
            root_async_client=NO_CLIENT,
            **fields,
        )

    def close(self) -> None:
        """Close what invoke and stream opened; the asynchronous forms are closed by the router."""
        if self.portal.running:
            self.portal.call(self.router.aclose())
            self.portal.close()

    @property
    def _llm_type(self) -> str:
        return "clearway-router"

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """Return False: a router is open connections, not data."""
        return False

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return self.portal.call(self._routed(messages, stop, kwargs))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return await self._routed(messages, stop, kwargs)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        stream_usage: bool | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for event in self.portal.iterate(self.router.stream(self._request(messages, stop, kwargs))):
            chunk = self._chunk(event.chunk) if isinstance(event, Delta) else None
            if chunk is not None:
                if run_manager:
                    run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        *,
        stream_usage: bool | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        events = self.router.stream(self._request(messages, stop, kwargs))
        try:
            async for event in events:
                chunk = self._chunk(event.chunk) if isinstance(event, Delta) else None
                if chunk is not None:
                    if run_manager:
                        await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                    yield chunk
        finally:
            await events.aclose()

    def with_structured_output(
        self,
        schema: dict[str, Any] | type[BaseModel] | None = None,
        *,
        method: Literal["function_calling", "json_mode", "json_schema"] = "json_schema",
        include_raw: bool = False,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """Return a model that answers in the schema: by JSON schema, JSON mode, or a tool call."""
        if method != "json_schema" or schema is None:
            return super().with_structured_output(
                schema, method=method, include_raw=include_raw, strict=strict, **kwargs
            )
        form, parser = _json_schema(schema)
        answers = self.bind(response_format=form, **kwargs)
        if not include_raw:
            return answers | parser
        parsed = RunnablePassthrough.assign(
            parsed=RunnableLambda(lambda out: out["raw"]) | parser,
            parsing_error=lambda _: None,
        )
        failed = RunnablePassthrough.assign(parsed=lambda _: None)
        return RunnableMap(raw=answers) | parsed.with_fallbacks(
            [failed], exception_key="parsing_error"
        )

    async def _routed(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]
    ) -> ChatResult:
        reply = await self.router.generate(self._request(messages, stop, kwargs))
        body = reply_json(reply)
        result = self._create_chat_result(body)
        for generation, choice in zip(result.generations, body["choices"], strict=True):
            generation.message.response_metadata["clearway"] = journey_json(reply)
            if refusal := choice["message"].get("refusal"):
                generation.message.additional_kwargs["refusal"] = refusal
        return result

    def _request(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]
    ) -> ChatRequest:
        own = kwargs.get("routing") or {}
        rest = {name: value for name, value in kwargs.items() if name != "routing"}
        body = self._get_request_payload(messages, stop=stop, **rest)
        body |= body.pop("extra_body", None) or {}
        request = request_of(body, order=(), user="anonymous", address=None, trace_id="")
        return replace(request, **{**self.routing, **own})

    def _chunk(self, chunk: Mapping[str, Any]) -> ChatGenerationChunk | None:
        return self._convert_chunk_to_generation_chunk(dict(chunk), AIMessageChunk, {})


def _json_schema(
    schema: dict[str, Any] | type[BaseModel],
) -> tuple[dict[str, Any], Runnable[Any, Any]]:
    """Return the response format for a schema, and what reads the answer."""
    if isinstance(schema, dict):
        name, plain = str(schema.get("title", "answer")), schema
        parser: Runnable[Any, Any] = JsonOutputParser()
    else:
        name, plain = schema.__name__, schema.model_json_schema()
        parser = PydanticOutputParser(pydantic_object=schema)
    return {"type": "json_schema", "json_schema": {"name": name, "schema": plain}}, parser
