"""Which transport a route is called with."""

from __future__ import annotations

from collections.abc import Mapping

from clearway.llm.calls.chunks import Body
from clearway.llm.calls.transport import Chunks, Transport
from clearway.llm.providers.routes import Route


class Dispatch:
    """Implements `Transport` by the scheme of an address; each route goes one way for good."""

    def __init__(self, http: Transport, others: Mapping[str, Transport]) -> None:
        """What is not among `others` by its scheme is called over HTTP."""
        self._http = http
        self._others = others

    async def complete(self, route: Route, body: Body, *, within_s: float) -> Body:
        """Make the call where it belongs."""
        return await self._of(route).complete(route, body, within_s=within_s)

    def stream(self, route: Route, body: Body, *, within_s: float, first_s: float) -> Chunks:
        """Make the call where it belongs."""
        return self._of(route).stream(route, body, within_s=within_s, first_s=first_s)

    async def aclose(self) -> None:
        """Close all of them."""
        for each in (self._http, *self._others.values()):
            await each.aclose()

    def _of(self, route: Route) -> Transport:
        return self._others.get(route.base_url.partition(":")[0].lower(), self._http)
