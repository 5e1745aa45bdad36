"""What is unclear about a question, and readings that settle it: every one of them can be planned.

A reading is the question with the unclear words replaced, read again: it is offered only if that
leaves nothing unclear. So whoever picks one gets an answer to what it says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from clearway.semantics.evidence.nameable import (
    ALIKE,
    Name,
    closeness,
    columns,
    likeness,
    measures,
    named_first,
    says_state,
    spoken_table,
    states_told,
    values,
    vocabulary,
)
from clearway.semantics.frame import ColumnRef, Frame, Leftover, Span
from clearway.semantics.planning.conditions import Impossible
from clearway.semantics.planning.planner import plan_frame
from clearway.semantics.reader import Knowledge, read
from clearway.semantics.types import Abstention, Reading
from clearway.semantics.words.tokens import singular, words_of_text
from clearway.semantics.words.wordset import wordset

MOST = 3
"""Readings that are offered."""
TRIED = 16
"""Readings that are tried."""

_ANY_TIME = datetime(2020, 6, 15, tzinfo=UTC)
"""Whether a text can be read does not depend on the day."""

_ASKING = wordset(
    """
    a an the of in on at to by per for with from and or our my your all each every which what who
    how many much is are was were did do does show list give me get find total sum average avg mean
    count number top bottom best worst most least highest lowest biggest smallest largest greatest
    fewest longest shortest first last latest newest oldest maximum minimum max min ranking rank
    compare trend growth share rate since until before after during between today yesterday now
    day week month quarter year hour date weekday weekend january february march april may june july
    august september october november december
    """
)
"""Words that ask for something of something: by themselves they name nothing."""
_OF_TWO = wordset(
    """
    rate ratio share percentage percent growth change difference trend
    """
)
_RANKING = wordset(
    """
    top bottom best worst most least highest lowest biggest smallest largest greatest fewest
    """
)
_MANY = re.compile(
    r"\b(?:top|bottom|best|worst|highest|lowest|biggest|largest|smallest) "
    r"(?=(?:[a-z]+ )*[a-z]*[^\Ws]s\b)",
    re.IGNORECASE,
)
PLENTY = 10
"""How many `the best` are, of things spoken of as several."""
_ADDING = re.compile(r"\b(total|sum|average|avg|mean|median|maximum|minimum|max|min)\b", re.I)


def unsettled(frame: Frame, known: Knowledge) -> Abstention | None:
    """Return what is unclear, with the readings that settle it; None where nothing is."""
    if frame.language != "en":
        return Abstention(reason="Questions are read in English.")
    left = [word for word in frame.leftover if word.matters]
    unknown = [word for word in left if _unknown(word.word, known)]
    if frame.ambiguities and not unknown:
        return _ambiguous(frame, known)
    return _left_over(frame, left, unknown, known) if left else None


def _ambiguous(frame: Frame, known: Knowledge) -> Abstention:
    """Ask about the first of several ambiguous words: its readings may settle the others, too."""
    first = frame.ambiguities[0]
    begin, end = first.span
    readings: list[Reading] = []
    for choice in first.alternatives:
        said = choice.rewrite[begin : len(choice.rewrite) - len(frame.text[end:])].strip()
        target = _target(said, known)
        named = _named(frame.text, target, known)
        in_place = f"{frame.text[: named[0]]}{said}{frame.text[named[1] :]}" if any(named) else ""
        for effect in filter(None, (choice.rewrite, in_place)):
            if _lost(first.word, f"{effect} {choice.label}", target, known):
                continue
            if _plannable(effect, known):
                number = str(len(readings) + 1)
                meant = first.word if effect == choice.rewrite else frame.text[slice(*named)]
                term = _without_asking(meant) if target else ""
                readings.append(
                    Reading(id=number, label=choice.label, effect=effect, term=term, target=target)
                )
                break
    unclear = tuple(dict.fromkeys(each.word for each in frame.ambiguities))
    reason = f"“{first.word}” could mean several things."
    return Abstention(reason=reason, unclear=unclear, readings=tuple(readings[:MOST]))


def _lost(word: str, said: str, target: str, known: Knowledge) -> bool:
    """Return whether a reading says less than the word did: `longest` is more than a duration."""
    kept = set(words_of_text(said))
    for name in _names_of(target, known):
        kept.update(words_of_text(name))
    return not kept.issuperset(words_of_text(word))


def _without_asking(words: str) -> str:
    """Return words without ways of asking, which are not what a thing is called."""
    return " ".join(word for word in words_of_text(words) if word not in _ASKING)


def _named(text: str, target: str, known: Knowledge) -> Span:
    """Return where a column is named in a text already: `longest duration`; nothing, nowhere."""
    for name in sorted(_names_of(target, known), key=len, reverse=True):
        begins = rf"\b{re.escape(name[:-1] if name.endswith('y') else name)}(?:y|ies|e?s)?\b"
        found = re.search(begins, text, re.IGNORECASE)
        if found is not None:
            return found.span()
    return (0, 0)


def _names_of(target: str, known: Knowledge) -> tuple[str, ...]:
    """Return what the column a target names is called."""
    table, _, column = target.partition(":")[2].rpartition(".")
    found = known.catalog.by_name.get(table)
    if found is None or column not in found.by_name:
        return ()
    return (column.replace("_", " "), *found.by_name[column].synonyms)


def _left_over(
    frame: Frame, left: list[Leftover], unknown: list[Leftover], known: Knowledge
) -> Abstention:
    """Name what nothing explains, and offer what may have been meant."""
    if unknown:
        words = tuple(dict.fromkeys(word.word for word in unknown))
        readings = _instead(frame, unknown[0], known) if len(words) == 1 else ()
        named = ", ".join(f"“{word}”" for word in words[:5])
        told = states_told(frame, unknown[0], known)
        reason = f"I do not know what {named} {'is' if len(words) == 1 else 'are'}.{told}"
        return Abstention(reason=reason, unclear=words, readings=readings)
    words = tuple(dict.fromkeys(word.word for word in left if word.word)) or (frame.text,)
    readings = _measured(frame, known)
    if readings:
        return Abstention(reason="By which number?", unclear=words, readings=readings)
    named = ", ".join(f"“{word}”" for word in words[:5])
    return Abstention(reason=f"I cannot tell what {named} asks for here.", unclear=words)


def _instead(frame: Frame, gap: Leftover, known: Knowledge) -> tuple[Reading, ...]:
    """Return the question with a number or a column in place of an unknown word."""
    begin, end = gap.span
    if frame.follow_up or frame.text[begin:end] != gap.word or _part_of_more(frame.text, gap):
        return ()
    near = _near(frame, known)

    def rewritten(name: Name) -> str:
        return f"{frame.text[:begin]}{name.said}{frame.text[end:]}"

    several = singular(gap.word.casefold()) != gap.word.casefold()
    # `northern regions` says which of them: a number in its place would say something else.
    led = frame.text[end : end + 1] == " " and named_first(frame.text[end:], known)
    kind = gap.name or led or says_state(frame.text[:begin], known)
    names = values(known) if kind else [*measures(known), *columns(known)]
    if kind or several:  # of something there are several of, only a slip of the pen is taken
        names = [name for name in names if likeness(gap.word, name) >= ALIKE]
    names = [name for name in names if _fits(name, frame.text)]
    ranked = sorted(names, key=lambda name: (-closeness(gap.word, name), name.table not in near))
    return _offered(ranked, rewritten, gap.word, known)


def _fits(name: Name, text: str) -> bool:
    """Return whether `average` and such have something to work on: a named measure has its own."""
    return name.kind != "measure" or _ADDING.search(text) is None


def _part_of_more(text: str, gap: Leftover) -> bool:
    """Return whether a word is half of a number that a column alone would not be: `churn rate`."""
    before, after = words_of_text(text[: gap.span[0]]), words_of_text(text[gap.span[1] :])
    return not _OF_TWO.isdisjoint((*before[-2:], *after[:1]))


def _measured(frame: Frame, known: Knowledge) -> tuple[Reading, ...]:
    """Return the question with a number, where it asks for the best or a total of nothing."""
    if frame.follow_up or frame.measures:
        return ()
    near = _near(frame, known)
    names = [name for name in measures(known) if _fits(name, frame.text)]
    names.sort(key=lambda name: name.table not in near)
    asked = frame.text.rstrip(" ?!.")
    text = _MANY.sub(rf"\g<0>{PLENTY} ", asked)
    adding = _ADDING.search(text)

    def rewritten(name: Name) -> str:
        if adding is not None:
            return f"{text[: adding.end()]} {name.said}{text[adding.end() :]}"
        return f"{text} by {name.said}"

    ranking = not _RANKING.isdisjoint(words_of_text(text))
    if adding is None and not ranking:
        return ()
    note = "" if text == asked else f", the first {PLENTY}"
    return _offered(names, rewritten, "", known, note)


def _offered(
    names: Iterable[Name],
    rewritten: Callable[[Name], str],
    term: str,
    known: Knowledge,
    note: str = "",
) -> tuple[Reading, ...]:
    """Return the first readings that can be planned and keep what was put in."""
    found: list[Reading] = []
    for name in list(names)[:TRIED]:
        effect = rewritten(name)
        if _plannable(effect, known, name):
            label = f"{name.said}{name.within} of {spoken_table(name.table)}{note}"
            number = str(len(found) + 1)
            found.append(
                Reading(id=number, label=label, effect=effect, term=term, target=name.target)
            )
        if len(found) == MOST:
            break
    return tuple(found)


def _plannable(text: str, known: Knowledge, name: Name | None = None) -> bool:
    """Return whether a text leaves nothing unclear, and has the name in it that was meant."""
    frame = read(text, known, now=_ANY_TIME)
    if not frame.complete or frame.subject is None:
        return False
    if name is not None and not _uses(frame, name):
        return False
    try:
        plan_frame(frame, known.catalog, known.joins)
    except Impossible:
        return False
    return True


def _uses(frame: Frame, name: Name) -> bool:
    numbers = [*frame.measures, *(o.measure for o in frame.order if o.measure is not None)]
    if name.kind == "measure":
        return any(m.named == name.said and m.table == name.table for m in numbers)
    counted = [m.column for m in numbers if m.column is not None]
    wanted = name.target.partition(":")[2].partition("=")[0]
    shown = [d.column for d in (*frame.dimensions, *frame.attributes)]
    if name.kind == "number":
        return wanted in _full(counted) - _full(shown)
    shown += [f.column for f in frame.filters if f.column is not None]
    return wanted in _full(shown)


def _full(columns: Iterable[ColumnRef]) -> set[str]:
    return {f"{column.table}.{column.name}" for column in columns}


def _near(frame: Frame, known: Knowledge) -> set[str]:
    """Return the tables the rest of the question speaks of."""
    tables = {frame.subject} if frame.subject is not None else set()
    tables |= {d.column.table for d in (*frame.dimensions, *frame.attributes)}
    tables |= {f.column.table for f in frame.filters if f.column is not None}
    tables |= {m.table for m in frame.measures if m.table}
    return tables & known.catalog.by_name.keys()


def _target(said: str, known: Knowledge) -> str:
    """Return what words stand for, where they name one table or one column of it in full."""
    words = words_of_text(said)
    for table in known.catalog.tables:
        name = words_of_text(spoken_table(table.qualified))
        if words == name:
            return f"table:{table.qualified}"
        for column in table.columns:
            full = (*name, *words_of_text(column.name.replace("_", " ")))
            if words[-len(full) :] == full:
                return f"column:{table.qualified}.{column.name}"
    return ""


def _unknown(phrase: str, known: Knowledge) -> bool:
    """Return whether some word of a phrase is neither of the catalog nor of a question."""
    return any(
        word not in _ASKING and word not in vocabulary(known) and not word[:1].isdigit()
        for word in words_of_text(phrase)
    )
