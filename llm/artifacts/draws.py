"""Asking one model after another: each may mend its answer once, and everything is added up."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from clearway.errors import AnswerTooLong, GenerationError, RequestTimeoutError
from clearway.llm.artifacts.checks import checked
from clearway.llm.artifacts.prompting import asked_again
from clearway.llm.artifacts.reading import read_draft
from clearway.llm.artifacts.statements import Names, kinds, names, parsed
from clearway.llm.artifacts.trust import Trust, trust_of
from clearway.llm.artifacts.types import Artifacts, Hints
from clearway.llm.artifacts.wants import Wants
from clearway.llm.router import Router
from clearway.llm.types import ChatReply, ChatRequest, Message
from clearway.outcome import Degradation

REPAIRS = 1


@dataclass(kw_only=True)
class Spent:
    """What all replies so far took."""

    cost_usd: Decimal | None = Decimal(0)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False
    trace: dict[str, str] = field(default_factory=dict)

    def add(self, reply: ChatReply) -> None:
        """Add one reply; a price that is not known makes the sum unknown."""
        known = self.cost_usd is not None and reply.cost_usd is not None
        zero = Decimal(0)
        self.cost_usd = (self.cost_usd or zero) + (reply.cost_usd or zero) if known else None
        self.prompt_tokens += reply.usage.prompt
        self.completion_tokens += reply.usage.completion
        self.estimated = self.estimated or reply.usage.estimated
        self.trace |= reply.trace


@dataclass(frozen=True, kw_only=True)
class Usable:
    """Artifacts that were parsed, and the reply they are from."""

    reply: ChatReply
    artifacts: Artifacts
    statements: tuple[str, ...]
    trust: Trust


class Draws:
    """The replies made for one request, under its one deadline and its one budget."""

    def __init__(
        self,
        router: Router,
        *,
        chat: ChatRequest,
        hints: Hints,
        wants: Wants,
        dialect: str,
        output_chars: int | None,
    ) -> None:
        """The deadline runs from here."""
        self._router = router
        self.chat = chat
        self._hints = hints
        self._wants = wants
        self._dialect = dialect
        self._output_chars = output_chars
        self._clock = router.preparing.parts.clock
        self._ends_at = self._clock.monotonic() + (chat.deadline_s or router.settings.deadline_s)
        self.spent = Spent()
        self.notes: list[Degradation] = []
        self.asked: dict[str, None] = {}
        """Providers that gave a reply, in order."""
        self.replies = 0

    def note(self, kind: str, detail: str) -> None:
        """Say that something was not as it should have been."""
        self.notes.append(Degradation.model_validate({"kind": kind, "detail": detail}))

    async def usable(self, order: Sequence[str]) -> Usable:
        """Return artifacts of the first of these who answers; raise where they cannot be used."""
        messages: Sequence[Message] = self.chat.messages
        for repair in range(1 + REPAIRS):
            reply = await self._reply(messages, order)
            try:
                made = await asyncio.to_thread(self._read, reply, repaired=bool(repair))
            except ValueError as error:
                trouble = str(error)
            else:
                self._judge(reply, accepted=True)
                return made
            self._judge(reply, accepted=False)
            order = [reply.provider]
            messages = asked_again(self.chat.messages, reply.text, trouble)
            if repair < REPAIRS:
                self.note("repair", f"{reply.provider} was asked to mend its answer: {trouble}.")
        raise GenerationError(
            f"{reply.provider} made nothing that can be used: {trouble}.",
            provider=reply.provider,
            status=200,
            retryable=True,
        )

    async def _reply(self, messages: Sequence[Message], order: Sequence[str]) -> ChatReply:
        left_s = self._ends_at - self._clock.monotonic()
        if left_s <= 0:
            raise RequestTimeoutError("No model made it before the deadline.")
        asked = replace(
            self.chat,
            messages=messages,
            order=order,
            deadline_s=left_s,
            budget_usd=self._left_usd(),
        )
        reply = await self._router.generate(asked)
        self.spent.add(reply)
        self.notes += reply.degradations
        self.asked[reply.provider] = None
        self.replies += 1
        if self._output_chars is not None and len(reply.text) > self._output_chars:
            raise AnswerTooLong(
                f"{reply.provider} wrote {len(reply.text)} characters; at most "
                f"{self._output_chars} are read.",
                provider=reply.provider,
                status=200,
            )
        return reply

    def _left_usd(self) -> Decimal | None:
        """Return what of the request's own budget is left."""
        budget, cost = self.chat.budget_usd, self.spent.cost_usd
        return budget if budget is None or cost is None else max(budget - cost, Decimal(0))

    def _read(self, reply: ChatReply, *, repaired: bool) -> Usable:
        """Return the artifacts of a reply; ValueError says why there are none."""
        if reply.finish_reason == "length":
            raise ValueError("it was cut off at the token limit; be shorter")
        draft = read_draft(reply.text)
        made = checked(draft, self._wants, self._dialect)
        statements = parsed(made.sql, self._dialect) if made.sql else []
        used: Names | None = names(statements) if statements else None
        trust = trust_of(
            names=used,
            hints=self._hints,
            stated=draft.stated,
            validity=self._router.measured.validity(_model(reply)),
            repaired=repaired,
        )
        return Usable(reply=reply, artifacts=made, statements=kinds(statements), trust=trust)

    def _judge(self, reply: ChatReply, *, accepted: bool) -> None:
        """Let the choice of models learn from it; a kept reply was judged when it came."""
        if not reply.cache_hit:
            self._router.measured.judge(_model(reply), accepted=accepted)


def _model(reply: ChatReply) -> str:
    """Return the model as it was asked for, which is what choices are made by."""
    called: Mapping[str, str] = {t.outcome: t.model for t in reply.attempts if t.number}
    return called.get("success", reply.model)
