"""The words of the services, for whoever decides where a question goes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from clearway.semantics.routing.vocabulary import Phrase, Spoken, Vocabulary, code_start
from clearway.semantics.words.inflection import forms_of
from clearway.semantics.words.tokens import singular
from clearway.semantics.words.wordset import wordset
from clearway.tools.rest.declared.json_schema import choices_of
from clearway.tools.rest.declared.links import identifies
from clearway.tools.rest.declared.registry import Registry
from clearway.tools.rest.declared.types import Operation, Service
from clearway.tools.rest.declared.words import split
from clearway.tools.rest.planning.hints import verbs_of
from clearway.tools.rest.planning.rank import fixed

_FORM = wordset(
    """
    list search find lookup query get fetch show read count batch bulk detail info information
    summary overview all latest recent popular top current item items result results data
    entry record value element row resource object api apis rest rpc graphql v public internal
    private admin system service endpoint status state health healthz ping version ready live
    metric heartbeat login logout me self config configuration setting option id name type
    discover add create update delete remove change edit set new
    """
)
"""Parts of paths that say how something is asked for, or of every service, and name no thing."""
_VERSION = re.compile(r"v?\d+(?:\.\d+)*")
_ID_ENDING = re.compile(r"(?:[_-]?(?:id|uuid|key|slug)|I[dD])$")
_BEGUN = re.compile(r"\^?([A-Za-z]{2,}[-_]?)(?:\[[^\]]*0-9|\\d)")
"""A pattern of letters, and then of what may be a digit."""


def spoken(registry: Registry) -> Vocabulary:
    """Return what every service of a registry speaks of, with who may know of it."""
    by_service: dict[str, list[Operation]] = {each.id: [] for each in registry.services}
    for operation in registry.operations:
        by_service[operation.service].append(operation)
    return Vocabulary(
        services=tuple(_spoken(each, by_service[each.id]) for each in registry.services)
    )


def _spoken(service: Service, operations: Iterable[Operation]) -> Spoken:
    operations = tuple(operations)
    things = frozenset(thing for each in operations for thing in _things(each))
    words = {word for each in operations for text in _texts(each) for word in split(text)}
    words |= {
        word for name in (service.id, service.title, *service.synonyms) for word in split(name)
    }
    states = {form for each in operations for word in _choices(each) for form in forms_of(word)}
    return Spoken(
        service=service.id,
        things=things,
        told=frozenset(singular(word) for word in words) | states,
        codes=frozenset(start for each in operations for start in _codes(each)),
        acts=frozenset(act for each in operations if not each.reads for act in _acts(each)),
        roles=service.roles,
        users=service.users,
    )


def _things(operation: Operation) -> Iterator[Phrase]:
    """Yield the resources of a path: what it begins with, and what ids stand behind."""
    parts = [part for part in operation.path.split("/") if part]
    first = True
    for part, after in zip(parts, (*parts[1:], ""), strict=True):
        if "{" in part or _VERSION.fullmatch(part):
            continue
        thing = _thing(part)
        if thing and (first or "{" in after or thing[-1] != split(part)[-1]):
            # What a path begins with, what an id follows, or what is said in the plural.
            yield thing
        first = first and not thing
    for parameter in operation.parameters:
        bare = _ID_ENDING.sub("", parameter.name)
        if parameter.place != "path" or bare == parameter.name:
            continue  # `country` is what is asked by, and `paymentId` the id of what there is
        if identifies(operation, parameter) and (named := _thing(bare)):
            yield named


def _thing(part: str) -> Phrase:
    """Return the noun a part of a path is, as singular words; nothing where it only says a form."""
    words = tuple(singular(word) for word in split(part) if not word.isdigit())
    while words and words[0] in _FORM:
        words = words[1:]
    while words and words[-1] in _FORM:
        words = words[:-1]
    return words if words and len(words[-1]) > 1 else ()


def _texts(operation: Operation) -> Iterator[str]:
    yield from fixed(operation)
    yield operation.summary
    yield from operation.tags
    for parameter in operation.parameters:
        yield parameter.name
    yield from _choices(operation)
    for returned in operation.returns:
        yield returned.path.rsplit(".", 1)[-1]


def _choices(operation: Operation) -> Iterator[str]:
    for parameter in operation.parameters:
        yield from (str(each).lower() for each in choices_of(parameter.schema))


def _codes(operation: Operation) -> Iterator[str]:
    """Yield how ids begin, where the document shows it: by an example, or by a pattern's start."""
    for parameter in operation.parameters:
        if parameter.place == "path" and identifies(operation, parameter):
            begun = _BEGUN.match(str(parameter.schema.get("pattern", "")))
            shown = (parameter.example, f"{begun[1]}0" if begun else "")
            yield from filter(None, map(code_start, shown))


def _acts(operation: Operation) -> Iterator[tuple[str, str]]:
    """Yield what a call does, and to which thing: by its method and by its own words."""
    things = {thing[-1] for thing in _things(operation)}
    parts = fixed(operation) or ("",)
    own = {word for text in (operation.summary, _name(operation), parts[-1])
           for word in split(text)[:1]}  # fmt: skip
    # POST /payments makes one; what POST /payments/refresh does, its last word says.
    plain = verbs_of(operation.method) if singular(split(parts[-1])[-1]) in things else frozenset()
    yield from ((verb, thing) for verb in plain | own for thing in things if verb not in things)


def _name(operation: Operation) -> str:
    return operation.id.split(".", 1)[1]
