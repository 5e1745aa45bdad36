"""What the routes need, and how each of them is answered."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from clearway.errors import ClearwayError, RateLimitError
from clearway.identity import Principal
from clearway.llm.admission.records import Noted, Records
from clearway.llm.artifacts.make import ArtifactMaker
from clearway.llm.calls.dial import FileDial
from clearway.llm.face.access import Access, Caller, KeyRing, Unauthorized
from clearway.llm.face.names import Names
from clearway.llm.face.wire import error_json
from clearway.llm.router import Router
from clearway.llm.tending import Look
from clearway.llm.types import StreamMode

log = logging.getLogger(__name__)

GONE = 499
"""Nobody reads it: the client has left."""
OF_CALLERS = ("user:", "address:", "global")
"""How the windows are called that are callers', and no provider's."""

Page = Callable[[Request], Awaitable[Response]]
Answered = Callable[[Request, Caller], Awaitable[Response]]


class Admits(Protocol):
    """Counts requests of callers."""

    async def admit(self, principal: Principal) -> float | None:
        """Count one request; return None when it may pass, else the seconds to wait."""
        ...


@dataclass(frozen=True, kw_only=True)
class Door:
    """How often a caller may ask what calls no model; models have windows of their own."""

    named: Admits | None = None
    """None: however often."""
    anonymous: Admits | None = None
    """Of one address."""

    async def admit(self, caller: Caller) -> None:
        """Count one request; raise `RateLimitError` for one too many."""
        if caller.address is None:
            limit, whose, key = self.named, caller.principal, f"user:{caller.principal.user}"
        else:
            limit, key = self.anonymous, f"address:{caller.address}"
            whose = Principal(user=caller.address, tenant="an address")
        # By another name than questions and calls have, which are counted apart.
        whose = replace(whose, tenant=f"pages for {whose.tenant}")
        wait_s = None if limit is None else await limit.admit(whose)
        if wait_s is not None:
            raise RateLimitError(
                f"{key} has reached its limit; try again in {wait_s:.0f} s.",
                retry_after_s=wait_s,
                key=key,
            )


@dataclass(frozen=True, kw_only=True)
class Face:
    """What the routes need. Nothing in it is the process's own: two may be mounted side by side."""

    router: Router
    records: Records
    """What is on record; of all processes where they share a store."""
    names: Names | None = None
    """What clients may ask for as a model; None: providers and models by their own names."""
    access: Access = field(default_factory=KeyRing)
    door: Door = Door()
    maker: ArtifactMaker | None = None
    """What makes artifacts; None: one over the router that keeps nothing."""
    dial: FileDial | None = None
    """What makes providers fail on purpose; None: nothing can."""
    shows_metrics: bool = True
    stream_mode: StreamMode = "complete"
    look: Look | None = None
    """What tells of the ceilings of the day."""
    input_chars: int | None = None
    """How long a message of a user may be; None: however long."""
    sampling: Mapping[str, Any] = field(default_factory=dict)
    """Fields of a request that does not say them itself."""

    @property
    def known(self) -> Names:
        """Return the names clients may ask for."""
        return self.names or Names(self.router.preparing.parts.routes, {}, in_file_order=False)

    def page(self, answered: Answered, *, admin: bool = False, counted: bool = True) -> Page:
        """Return the endpoint: who asks is known, limited and allowed; errors have one form.

        What calls a model is not `counted` at the door: the router counts it.
        """

        async def page(request: Request) -> Response:
            try:
                caller = await self._caller(request)
                if counted:
                    await self.door.admit(caller)
                if admin:
                    caller.must_be_admin()
                return await answered(request, caller)
            except ClearwayError as error:
                return await self.failed(error)
            except ClientDisconnect:
                return Response(status_code=GONE)

        return page

    async def _caller(self, request: Request) -> Caller:
        """Return who calls; whoever guesses keys has the limit of an address."""
        try:
            return await self.access.caller(request)
        except Unauthorized:
            if request.client is not None:
                guessing = Principal(user="nobody")
                await self.door.admit(Caller(principal=guessing, address=request.client.host))
            raise

    async def failed(self, error: ClearwayError, more: Mapping[str, Any] | None = None) -> Response:
        """Return an error in its one form, with what else there is to say beside it."""
        if str(error.details.get("key", "")).startswith(OF_CALLERS) and isinstance(
            error, RateLimitError
        ):
            await self.note("turned_away")
        status, body, headers = error_json(error)
        if status == 401:
            headers["www-authenticate"] = "Bearer"
        return JSONResponse({**body, **(more or {})}, status_code=status, headers=headers)

    async def note(self, what: Noted) -> None:
        """Count what no ledger holds; what was to be said stands, counted or not."""
        try:
            await self.records.note(what)
        except ClearwayError as error:
            log.warning("not_counted", extra={"what": what, "error": type(error).__name__})
