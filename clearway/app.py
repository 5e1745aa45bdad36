"""Clearway: one object, one call; a question in, a typed Outcome out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Literal, Unpack

from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphDrained
from langgraph.runtime import RunControl
from langgraph.types import Command, Interrupt

from clearway.approvals import (
    GO_ON,
    nothing_waits,
    plain_answer,
    settling,
    to_approve,
)
from clearway.asking import AskOptions, Step, context_of, named, outcome_of, own, step
from clearway.callers import EmbeddedCaller, operating_system_user
from clearway.errors import ClearwayError, IdentityError
from clearway.feedback import give, review, reviewer
from clearway.graph.build import build_graph
from clearway.graph.context import Context
from clearway.graph.record import turned_away
from clearway.graph.recover import failure
from clearway.graph.runs import Runs
from clearway.graph.threads import ThreadGraph
from clearway.identity import Principal
from clearway.nodes.admit import new_request
from clearway.outcome import OUTCOME, Denied, Outcome
from clearway.parts import Parts
from clearway.settings import Settings, load_settings
from clearway.wiring import open_parts

if TYPE_CHECKING:
    from clearway.health import Part
    from clearway.stores.audit.read import AuditRecord
    from clearway.stores.feedback import Feedback
    from clearway.stores.plans.upkeep import CacheStats

logger = logging.getLogger("clearway.app")


class Clearway(Parts):
    """Ask, stream and embed. Open it once per process: `async with Clearway.open() as cw`.

    Every answer is an `Outcome`; it raises only for misuse and for settings that are wrong.
    """

    graph: ThreadGraph
    """The compiled graph: messages or a question in, an `outcome` out. Embed it as it is."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls, settings: Settings | None = None, *, principal: Principal | None = None
    ) -> AsyncIterator[Clearway]:
        """Start what is needed and stop it again.

        `principal` is who calls where nobody else is named: the operating-system user by default,
        who may act for others. Raises `ConfigurationError` or `StoreUnavailable`.
        """
        settings = settings or load_settings()
        caller = EmbeddedCaller(principal or operating_system_user())
        async with open_parts(settings, identity=caller) as wired:
            services, timeout_s, runs = wired.services, settings.request_timeout_s, Runs()
            builder = build_graph(services, request_timeout_s=timeout_s, runs=runs)
            compiled = builder.compile(checkpointer=wired.checkpointer)
            graph = ThreadGraph.over(
                compiled,
                threads=wired.threads,
                services=services,
                runs=runs,
                durability=settings.durability,
            )
            cw = cls(wired)
            cw.graph, cw._caller, cw._running = graph, caller, set()
            yield cw

    async def ask(self, question: str, **options: Unpack[AskOptions]) -> Outcome:
        """Answer one question. The options are those of `AskOptions`; none is needed.

        Raises `TypeError` for an option there is not.
        """
        return await self._run(question, options, on_step=None)

    async def stream(
        self, question: str, **options: Unpack[AskOptions]
    ) -> AsyncGenerator[Step | Outcome, None]:
        """Yield a `Step` as each node finishes, and the Outcome last."""
        steps: asyncio.Queue[Step | None] = asyncio.Queue()
        # A task of its own: who calls is set in its context, and never in the consumer's.
        run = asyncio.create_task(self._run(question, options, on_step=steps.put_nowait))
        run.add_done_callback(lambda _: steps.put_nowait(None))
        try:
            while (event := await steps.get()) is not None:
                yield event
            yield await run
        finally:
            run.cancel()
            await asyncio.wait([run])

    async def approve(
        self,
        thread_id: str,
        approved: bool | Mapping[str, bool] = True,
        *,
        user: str | None = None,
    ) -> Outcome:
        """Settle what waits for a person in a conversation, and return what came of the request.

        One word for all of it, or one for each by the id its `needs_review` names. Whoever asked
        may, with the scope `approve`. To `ask` a plain "yes" or "no" there does the same.
        """
        options: AskOptions = {"thread_id": thread_id, "user": user}
        return await self._run("", options, on_step=None, said=approved)

    async def health(self) -> Mapping[str, Part]:
        """Return the state of every part, by name; what is gone is reported, not raised."""
        from clearway.health import health

        return await health(self.wired)

    async def get_audit_records(
        self,
        correlation_id: str | None = None,
        *,
        input_hash: str | None = None,
        user: str | None = None,
        limit: int = 100,
    ) -> list[AuditRecord]:
        """Return what is on record for a request, an input or a user, newest first."""
        return await self.wired.audit_records(
            correlation_id=correlation_id, input_hash=input_hash, user_id=user, limit=limit
        )

    async def feedback(
        self,
        trace_id: str,
        mark: Literal["up", "down"],
        *,
        sql: str = "",
        note: str = "",
        user: str | None = None,
    ) -> Feedback:
        """Mark an answer; `sql` is the statement it should have been.

        Only who asked may, or who has the scope `review`. A bad mark evicts the cached plan. A
        correction changes nothing before it is reviewed. Raises `IdentityError` (as if there were
        no such answer), `ValidationError` for a correction the interlock refuses, `CacheError`.
        """
        asker = self._principal(user)
        return await give(self.wired, asker, trace_id, mark, sql=sql, note=note)

    async def feedback_entries(
        self, status: Literal["unreviewed", "accepted", "rejected"] | None = None
    ) -> list[Feedback]:
        """Return the feedback of the caller's tenant; the caller needs the scope `review`."""
        caller = self.services.identity.caller()
        reviewer(caller)
        return await self.wired.feedback.entries(caller.tenant, status)

    async def review_feedback(
        self, feedback_id: int, decision: Literal["accepted", "rejected"]
    ) -> Feedback:
        """Accept feedback as a verified question, or reject it; needs the scope `review`."""
        return await review(self.wired, self.services.identity.caller(), feedback_id, decision)

    async def cache_stats(self) -> CacheStats:
        """Return what the plan cache holds, and what this process's requests found in it."""
        return await self.wired.upkeep.stats()

    async def invalidate_cache(
        self, *, pattern: str | None = None, older_than_hours: float | None = None
    ) -> int:
        """Drop kept plans by their question, by their age, or all; return how many."""
        return await self.wired.upkeep.invalidate(
            pattern=pattern, older_than_hours=older_than_hours
        )

    def drain(self) -> int:
        """Stop every run after its current node and return how many there are.

        What was stopped is kept, and goes on when its thread is entered again (`cw.graph.ainvoke`
        with None as input).
        """
        for control in self._running:
            control.request_drain()
        return len(self._running)

    async def _run(
        self,
        question: str,
        options: AskOptions,
        *,
        on_step: Callable[[Step], None] | None,
        said: bool | Mapping[str, bool] | None = None,
    ) -> Outcome:
        if not isinstance(question, str):
            raise TypeError(f"a question is text, not {type(question).__name__}")
        context = context_of(options)
        thread_id = options.get("thread_id")
        principal = options.get("principal") or self._caller.caller()
        control = RunControl()
        self._running.add(control)
        values: dict[str, Any] = {}
        waiting: dict[str, Interrupt] = {}
        config = RunnableConfig(configurable={"thread_id": thread_id} if thread_id else {})
        try:
            with self._caller.acting_as(principal):
                given = await self._given(question, config, said)
                if given is None:
                    return named(nothing_waits(self.services.ids.trace_id()), thread_id)
                run = self.graph.astream(
                    given,
                    config,
                    context=context,
                    control=control,
                    stream_mode=["updates", "values"] if on_step else ["values"],
                )
                async for mode, chunk in run:
                    if mode == "values":
                        values = chunk
                        waiting |= {each.id: each for each in chunk.get("__interrupt__", ())}
                        continue
                    for node, update in chunk.items():
                        if on_step and isinstance(update, dict):
                            on_step(step(node, update))
            rounds = self.services.policy.clarify_rounds
            return named(outcome_of(values, waiting.values(), rounds), thread_id)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # the boundary: whoever asked gets an Outcome, never a traceback
            failed = await self._failed(error, question, context, principal, values)
            return named(failed, thread_id)
        finally:
            self._running.discard(control)

    async def _given(
        self, question: str, config: RunnableConfig, said: bool | Mapping[str, bool] | None
    ) -> Command[Any] | dict[str, str] | None:
        """Return what the graph is given: a question, or the word on what waits for one."""
        word = plain_answer(question) if said is None else said
        if word is not None and config.get("configurable"):
            state = await self.graph.aget_state(config)
            if (command := settling(to_approve(state.interrupts), word)) is not None:
                return command
            if word is True and state.next and state.values.get("approved"):
                return GO_ON
        return {"question": question} if said is None else None

    async def _failed(
        self,
        error: Exception,
        question: str,
        context: Context,
        principal: Principal,
        values: dict[str, Any],
    ) -> Outcome:
        known = values.get("request") or {}
        trace_id = known.get("trace_id") or context.correlation_id or self.services.ids.trace_id()
        if isinstance(error, IdentityError):
            asker = principal.on_behalf_of(context.user) or principal
            request = new_request(question, asker, context, self.services)
            request["trace_id"] = trace_id
            with suppress(ClearwayError):
                await self.services.audit.append(*turned_away(request, self.services))
            return Denied(trace_id=trace_id, message=error.message, reason=error.message)
        problem = own(error)
        if problem is not error and not isinstance(error, GraphDrained):
            logger.error("run failed", extra={"trace_id": trace_id, "cause": type(error).__name__})
        return OUTCOME.validate_python(failure(problem, trace_id))

    _caller: EmbeddedCaller
    _running: set[RunControl]
