"""Which transport a route is called with."""

from __future__ import annotations

from clearway.llm.calls.chunks import Body
from clearway.llm.calls.simulated import SCHEME, SimulatedTransport
from clearway.llm.calls.transport import Chunks, HttpTransport, Transport
from clearway.llm.providers.routes import Route


class Dispatch:
    """Implements `Transport`: the simulated provider in process, all others over HTTP."""

    def __init__(self, http: HttpTransport, simulated: SimulatedTransport) -> None:
        """Each route goes one way for good."""
        self._http = http
        self._simulated = simulated

    async def complete(self, route: Route, body: Body, *, within_s: float) -> Body:
        """Make the call where it belongs."""
        return await self._of(route).complete(route, body, within_s=within_s)

    def stream(self, route: Route, body: Body, *, within_s: float, first_s: float) -> Chunks:
        """Make the call where it belongs."""
        return self._of(route).stream(route, body, within_s=within_s, first_s=first_s)

    async def aclose(self) -> None:
        """Close both."""
        await self._http.aclose()

    def _of(self, route: Route) -> Transport:
        return self._simulated if route.base_url.startswith(SCHEME) else self._http
