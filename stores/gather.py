"""Group commit: what is asked while one transaction is under way is sent together in the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from clearway.errors import StoreUnavailable
from clearway.stores.connect import is_refused

AT_MOST = 64
"""Calls in one transaction: it holds its locks no longer than these take."""

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Gather(Generic[Asked, Answer]):
    """Sends calls in batches, one at a time. A lone call waits for nobody.

    The locks and the wait for the disk are shared by a batch, so that a row everyone needs, such as
    a budget of all, is held once per batch and process instead of once per call. A batch that
    Postgres refuses for what is in it is sent again one by one.
    """

    def __init__(
        self,
        send: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]],
        *,
        at_most: int = AT_MOST,
    ) -> None:
        """`send` returns an answer for each, in order; it bounds its own time."""
        self._send = send
        self._at_most = at_most
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._sender: asyncio.Task[None] | None = None

    def ask(self, asked: Asked) -> asyncio.Future[Answer]:
        """Return the future answer, or whatever `send` raised. It is sent whoever is cancelled."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._work())
        return answer

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch = self._waiting[: self._at_most]
                self._waiting = self._waiting[self._at_most :]
                await self._answered(batch)
        except BaseException:
            left, self._waiting = self._waiting, []
            _fail(left, StoreUnavailable("What was to be sent next is not sent: this stops."))
            raise

    async def _answered(self, batch: Sequence[tuple[Asked, asyncio.Future[Answer]]]) -> None:
        """Send a batch; whatever becomes of it, nobody who asked is left waiting."""
        try:
            answers = await self._send([asked for asked, _ in batch])
            if len(answers) != len(batch):
                raise RuntimeError(f"{len(batch)} calls were sent and {len(answers)} answered.")
        except Exception as error:  # each of its callers raises it
            if len(batch) > 1 and is_refused(error):
                for one in batch:  # somebody's, and the others are not to suffer for it
                    await self._answered([one])
                return
            _fail(batch, error)
            return
        except BaseException:
            _fail(batch, StoreUnavailable("What was sent may have been done: this stops."))
            raise
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)


def _fail(batch: Sequence[tuple[Asked, asyncio.Future[Answer]]], error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
            future.exception()  # whoever asked may be gone
