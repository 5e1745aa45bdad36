"""The rules planner: a question -> calls, or what stands in the way. No model, no I/O."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import JsonValue

from clearway.identity import Principal
from clearway.plans import RestPlan, RestStep
from clearway.semantics.types import Abstention, Reading
from clearway.tools.docs.words.terms import stem
from clearway.tools.rest.declared.registry import Registry
from clearway.tools.rest.declared.types import Operation
from clearway.tools.rest.declared.words import split
from clearway.tools.rest.planning.chains import Chain, Chainer
from clearway.tools.rest.planning.dates import When
from clearway.tools.rest.planning.hints import methods_of, writes_asked
from clearway.tools.rest.planning.rank import key_terms

LISTED = "`clearway services list` shows what can be called."
SOURCE_ID = "services"
ENOUGH = 0.5
"""Share of a question's telling words the calls must speak of."""
MARGIN = 0.08
"""By how much the best reading must be better than the next one."""
MAX_READINGS = 3
RECENT = 64
"""Questions whose chains are kept: a request asks for them when it plans and when it weighs."""
VIEWS = 32
"""Different sets of visible services whose index is kept."""

_HTTP = re.compile(
    r"^\s*(?:please\s+)?(?:(?:hit|call|query|fetch|get|poll|send|run|do)\s+(?:a\s+)?)?"
    r"(?:(GET|HEAD|POST|PUT|PATCH|DELETE)\s+)?(/[^\s?#]*(?:\?[^\s#]*)?)\s*[.?!]?\s*(\{.*\}|\[.*\])?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_NAMED = re.compile(r"\b[a-z][a-z0-9_-]{0,62}\.[A-Za-z0-9_-]+\b")


_Asked = tuple[frozenset[str], str, When | None]
"""Services, question, stretch of time."""


class RulesPlanner:
    """Plans calls of what a principal may see."""

    def __init__(self, registry: Registry, *, source_id: str = SOURCE_ID) -> None:
        """Index all services; an index of fewer is made when somebody asks who sees only these."""
        self._registry = registry
        self._source_id = source_id
        self._chainers: OrderedDict[frozenset[str], Chainer] = OrderedDict()
        self._chainers[_services(registry)] = Chainer(registry)
        self._found: OrderedDict[_Asked, list[Chain]] = OrderedDict()

    def plan(
        self, question: str, principal: Principal, when: When | None = None
    ) -> RestPlan | Abstention:
        """Return the calls that answer, or an abstention with the readings that settle it.

        `when` is the stretch of time the question names, resolved.
        """
        view = self._registry.visible_to(principal)
        if not view.operations:
            return Abstention(reason="No service is connected that you may ask.", remedy=LISTED)
        if (written := requested(question, view, self._source_id)) is not None:
            return written
        pinned = [name for name in _NAMED.findall(question) if view.get(name)]
        text = _NAMED.sub(" ", question) if pinned else question
        chains = self.chains(text, principal, when)
        if pinned:
            chains = [each for each in chains if each.answers.id == pinned[0]]
        return self._decided(question, chains, settled=bool(pinned))

    def chains(self, question: str, principal: Principal, when: When | None = None) -> list[Chain]:
        """Return a chain for each operation that could answer, the best first."""
        view = self._registry.visible_to(principal)
        key = _services(view)
        if (key, question, when) in self._found:
            return self._found[key, question, when]
        chainer = self._chainers.get(key)
        if chainer is None:
            chainer = self._chainers[key] = Chainer(view)
            if len(self._chainers) > VIEWS:
                self._chainers.popitem(last=False)
        verb = writes_asked(question, chainer.verbs)
        chains = chainer.chains(question, writes=bool(verb), when=when)
        # Whoever asks for a change is not answered with what it would change.
        kept = [each for each in chains if not verb or _does(each.answers, verb)]
        self._found[key, question, when] = kept
        if len(self._found) > RECENT:
            self._found.popitem(last=False)
        return kept

    def _decided(
        self, question: str, chains: list[Chain], *, settled: bool
    ) -> RestPlan | Abstention:
        if not chains:
            return Abstention(
                reason="No operation of the services you may ask speaks of this.", remedy=LISTED
            )
        best = chains[0]
        if (barred := _barred(best)) is not None:
            return barred
        near = [each for each in chains[1:] if best.score - each.score < MARGIN]
        near = [each for each in near if not each.lacking and not _within(each, best)]
        if near and not settled:
            return _which(question, [best, *near])
        if best.unused and not settled:
            return Abstention(
                reason=f"No call can be given {best.unused[0]!r}.", unclear=best.unused
            )
        if best.covered < ENOUGH and not settled:
            return Abstention(
                reason="No operation of the services you may ask speaks of this.", remedy=LISTED
            )
        lead = best.score - (chains[1].score if len(chains) > 1 else 0.0)
        stated = 0.95 if settled else min(0.6 + 0.3 * best.covered + 0.3 * min(lead, 0.3), 0.95)
        return RestPlan(
            steps=best.steps,
            source="rules",
            source_id=self._source_id,
            stated_confidence=round(stated, 4),
            assumptions=tuple(_assumptions(best)),
            explanation=" Then: ".join(_says(each) for each in best.operations),
        )


def requested(question: str, view: Registry, source_id: str) -> RestPlan | Abstention | None:
    """Return the call a person wrote themselves, `GET /payments/42?full=true`, if it is declared.

    Only the path is read: where it is sent is the registry's business. JSON after it is the body.
    """
    match = _HTTP.match(question)
    if match is None:
        return None
    method, address = (match[1] or "GET").upper(), urlsplit(match[2])
    query: dict[str, JsonValue] = dict(parse_qsl(address.query, keep_blank_values=True))
    if match[3]:
        try:
            query["body"] = json.loads(match[3])
        except (json.JSONDecodeError, RecursionError):
            return Abstention(reason="What follows the path is not JSON.", unclear=(match[3][:40],))
    for operation in view.operations:
        values = path_values(operation, address.path)
        if values is not None and operation.method == method:
            step = RestStep(operation_id=operation.id, parameters={**query, **values})
            return RestPlan(source="raw", source_id=source_id, steps=(step,), stated_confidence=1.0)
    return Abstention(reason=f"There is no operation {method} {address.path[:200]}.", remedy=LISTED)


def passes_over(chain: Chain) -> bool:
    """Whether what is taken back would be brought all the same; one thing says itself how it is."""
    path = chain.answers.path.rstrip("/")
    return bool(chain.dropped) and not (chain.answers.reads and path.endswith("}"))


def _barred(chain: Chain) -> Abstention | None:
    """Return why a chain cannot be called for the question, whatever else there is."""
    if chain.lacking:
        lacking = ", ".join(chain.lacking)
        return Abstention(reason=f"{_title(chain)} needs {lacking}.", unclear=chain.lacking)
    if not passes_over(chain):
        return None
    return Abstention(
        reason=f"{_title(chain)} cannot be asked for what is “{chain.dropped[0]}”.",
        remedy="Say what is wanted, rather than what is not.",
        unclear=chain.dropped,
    )


def _services(view: Registry) -> frozenset[str]:
    return frozenset(each.id for each in view.services)


def _does(operation: Operation, verb: str) -> bool:
    """Whether an operation does what a verb asks, by its own words or else by its method.

    `POST /payments` creates one; what `POST /payments/refresh` does, it says itself.
    """
    if stem(verb) in key_terms(operation):
        return True
    own = writes_asked(operation.summary) or writes_asked(" ".join(split(_name(operation))))
    if own and not methods_of(own) & methods_of(verb):
        return False
    return operation.method in methods_of(verb)


def _name(operation: Operation) -> str:
    return operation.id.split(".", 1)[1]


def path_values(operation: Operation, path: str) -> dict[str, str] | None:
    """Return the path parameters of an address of this operation, or None where it is another's."""
    pattern, last = "", 0
    for match in _PLACEHOLDER.finditer(operation.path):
        pattern += re.escape(operation.path[last : match.start()]) + "([^/]+)"
        last = match.end()
    pattern += re.escape(operation.path[last:])
    found = re.fullmatch(pattern + "/?", path)
    if found is None:
        return None
    names = _PLACEHOLDER.findall(operation.path)
    return dict(zip(names, map(unquote, found.groups()), strict=True))


def _within(shorter: Chain, longer: Chain) -> bool:
    """Whether one chain is the beginning of the other: they agree as far as it goes."""
    ids = [each.operation_id for each in shorter.steps]
    return ids == [each.operation_id for each in longer.steps][: len(ids)]


def _which(question: str, chains: list[Chain]) -> Abstention:
    names = " or ".join(_title(each) for each in chains[:MAX_READINGS])
    return Abstention(
        reason=f"This could be {names}.", readings=_readings(question, chains[:MAX_READINGS])
    )


def _readings(question: str, chains: list[Chain]) -> tuple[Reading, ...]:
    return tuple(
        Reading(id=str(n), label=_says(each.answers), effect=f"{question} ({each.answers.id})")
        for n, each in enumerate(chains, start=1)
    )


def _title(chain: Chain) -> str:
    return chain.answers.summary or chain.answers.id


def _says(operation: Operation) -> str:
    return f"{operation.summary or operation.path} ({operation.id})"


def _assumptions(chain: Chain) -> list[str]:
    return [
        f"{name} is the first that {chain.steps[taken.step].operation_id} brings"
        for step in chain.steps
        for name, taken in step.takes.items()
    ]
