"""Runs checked calls in order: each takes what earlier ones brought."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import JsonValue

from clearway.errors import ConfigurationError, ExecutionError
from clearway.graph.ports import Clock, Inquiry, Ran
from clearway.identity import Principal
from clearway.outcome import Cell, Degradation
from clearway.plans import CheckedRest, RestStep
from clearway.tools.rest.calling.check import resolved
from clearway.tools.rest.calling.client import Client
from clearway.tools.rest.calling.failures import none_such
from clearway.tools.rest.calling.health import as_rows, look
from clearway.tools.rest.calling.pages import cut
from clearway.tools.rest.calling.shape import Shaper, table
from clearway.tools.rest.calling.writing import Writer
from clearway.tools.rest.declared.registry import Registry
from clearway.tools.rest.declared.types import Operation, Reply
from clearway.tools.rest.ports import WriteGuard


@dataclass(frozen=True, slots=True)
class _Brought:
    """A value a call brought for another, and of how many it is one."""

    value: JsonValue
    among: int


class Runner:
    """Runs what was checked."""

    def __init__(
        self,
        registry: Registry,
        client: Client,
        shaper: Shaper,
        clock: Clock,
        guard: WriteGuard | None,
    ) -> None:
        """Without a guard nothing is written."""
        self._registry = registry
        self._client = client
        self._shaper = shaper
        self._clock = clock
        self._writer = Writer(client, clock, guard)

    async def run(self, checked: CheckedRest, inquiry: Inquiry, *, total: str = "") -> Ran:
        """Return the last reply as a table, or how the services are.

        `total` is a property of the last reply that alone is wanted: how many there are.
        """
        ends_at = self._clock.monotonic() + inquiry.timeout_s
        left: Callable[[], float] = lambda: ends_at - self._clock.monotonic()  # noqa: E731
        if checked.health:
            return await self._health(checked.health, left())
        replies: list[Reply] = []
        notes: list[Degradation] = []
        for step in checked.steps:
            operation = self._operation(step)
            brought = {
                name: _value(
                    replies[taken.step].content, taken.path, _sought(checked.steps[taken.step])
                )
                for name, taken in step.takes.items()
            }
            if absent := next((name for name, each in brought.items() if each is None), None):
                return _nothing(step, absent, checked.steps[step.takes[absent].step], notes)
            found = {name: each for name, each in brought.items() if each is not None}
            notes += [_first(step, name, each) for name, each in found.items() if each.among > 1]
            whole = resolved(step, operation, {name: each.value for name, each in found.items()})
            try:
                reply = await self._call(whole, operation, inquiry, left())
            except ExecutionError as error:
                if said := none_such(operation, error):
                    return _absent(said, notes)
                raise
            if reply.attempts > 1:
                detail = f"{operation.id} answered at attempt {reply.attempts}"
                notes.append(Degradation(kind="retry", detail=detail))
            replies.append(reply)
        if total:
            return _counted(replies[-1], total, notes)
        return self._shaped(replies[-1], checked.steps[-1], notes)

    async def warned(self, checked: CheckedRest, principal: Principal) -> CheckedRest:
        """Return a write with a note, where the same was sent lately and nobody knows its end."""
        return await self._writer.warned(checked, principal)

    def _shaped(self, reply: Reply, step: RestStep, notes: list[Degradation]) -> Ran:
        operation = self._registry.get(reply.operation_id)
        masked = self._registry.service(operation.service).masked if operation else ()
        shaped = self._shaper.table(reply.content, masked)
        if shaped.masked:
            count = f"{shaped.masked} value{'' if shaped.masked == 1 else 's'}"
            detail = f"{count} of {reply.operation_id} not shown"
            notes.append(Degradation(kind="redaction", detail=detail))
        if reply.content is None:
            done: dict[str, Cell] = {"status": reply.status, "operation": reply.operation_id}
            return Ran(rows=table([done]), notes=tuple(notes))
        if operation and (why := cut(reply.content, shaped.found, operation, step)):
            notes.append(Degradation(kind="limit", detail=why))
        return Ran(rows=shaped.rows, notes=tuple(notes))

    async def _health(self, names: tuple[str, ...], timeout_s: float) -> Ran:
        services = [self._registry.service(name) for name in names]
        found = await look(services, self._client, self._clock, timeout_s=timeout_s)
        unchecked = [each.id for each in services if not each.checks]
        return Ran(rows=as_rows(found, unchecked))

    async def _call(
        self, step: RestStep, operation: Operation, inquiry: Inquiry, left_s: float
    ) -> Reply:
        if operation.reads:
            return await self._client.call(step, operation, timeout_s=left_s)
        return await self._writer.send(step, operation, inquiry, timeout_s=left_s)

    def _operation(self, step: RestStep) -> Operation:
        found = self._registry.get(step.operation_id)
        if found is None:
            raise ConfigurationError(f"The operation {step.operation_id} is no longer declared.")
        return found


def _sought(step: RestStep) -> str:
    """Return the name an earlier call looked for, if it looked for one."""
    texts = [each for each in step.parameters.values() if isinstance(each, str)]
    return texts[0].casefold() if len(texts) == 1 else ""


def _value(content: JsonValue, path: str, sought: str) -> _Brought | None:
    """Return the value at a path: of the element named as was sought, else of the first."""
    holder, _, name = path.rpartition(".")
    found = [
        each
        for each in _at(content, holder)
        if isinstance(each, dict) and each.get(name) is not None
    ]
    if not found:
        return None
    exact = [
        each
        for each in found
        if sought and sought in {str(value).casefold() for value in each.values()}
    ]
    if len(exact) == 1:
        return _Brought(exact[0][name], 1)
    return _Brought((exact or found)[0][name], len(exact or found))


def _at(content: JsonValue, path: str) -> list[JsonValue]:
    here = [content]
    for part in path.split(".") if path else []:
        name, lists = part.rstrip("[]"), part.count("[]")
        if name:
            here = [each[name] for each in here if isinstance(each, dict) and name in each]
        for _ in range(lists):
            here = [item for each in here if isinstance(each, list) for item in each]
    return here


def _first(step: RestStep, name: str, brought: _Brought) -> Degradation:
    detail = f"{name} of {step.operation_id} is the first of {brought.among} that were found"
    return Degradation(kind="limit", detail=detail)


def _nothing(step: RestStep, name: str, source: RestStep, notes: list[Degradation]) -> Ran:
    return _absent(f"{source.shown} brought no {name} for {step.operation_id}", notes)


def _absent(said: str, notes: list[Degradation]) -> Ran:
    """Return that nothing was found, and why: the service answered, with nothing."""
    missing = Degradation(kind="missing", detail=said)
    return Ran(rows=table([], given=["value"]), notes=(*notes, missing))


def _counted(reply: Reply, total: str, notes: list[Degradation]) -> Ran:
    """Return the count a reply tells; where it tells none, nothing stands in for it."""
    found = _at(reply.content, total)
    name = total.rpartition(".")[2]
    if len(found) == 1 and isinstance(found[0], int) and not isinstance(found[0], bool):
        return Ran(rows=table([{name: found[0]}]), notes=tuple(notes))
    absent = Degradation(kind="missing", detail=f"{reply.operation_id} brought no {total}")
    return Ran(rows=table([], given=[name]), notes=(*notes, absent))
