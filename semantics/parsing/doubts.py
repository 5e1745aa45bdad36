"""Words that were passed over and say more than that: what is not understood is left loose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from clearway.semantics.frame import Span
from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.cursor import entry_of, span_of
from clearway.semantics.parsing.sketch import Sketch

_BEFORE_ADJECTIVES = frozenset(
    ["open", "det", "all", "which", "count", "of", "in", "no", "with", "agg", "share", "stop"]
)
_SCHEMA = frozenset(["columns", "column", "fields", "field", "attributes"])
_CLOCK = frozenset(["date", "day", "time", "weekday", "month", "year", "week"])
_BRIEF = 12
"""Pieces of a question for the time or the day and nothing else."""
_CLOCK_KINDS = frozenset(["open", "det", "noise", "period", "stop", "be"])
_TOGETHER = frozenset(["combined", "together", "altogether"])
_TELLING = frozenset(["verb", "num"])
_SAID = frozenset(["out of", "will", "total", *_TOGETHER, *_SCHEMA])
"""Nothing else is doubted for itself: most words are passed by at once."""
_A_TOTAL = re.compile(r" a total of\Z", re.IGNORECASE)
"""`spent a total of more than 100`: of all of them, not on one."""
_ONE = frozenset(["a", "an", "one", "each"])
_CHANGED = ("ed", "en", "wn", "ld", "nt", "id")
"""How what was done to something ends: `completed`, `stolen`, `sold`, `sent`, `paid`."""


def doubts(text: str, atoms: Sequence[Atom], sketch: Sketch) -> Iterator[Span]:
    """Yield where something stands that no slot holds, though its words were read."""
    for index, atom in enumerate(atoms):
        said = text[atom.start : atom.end].lower()
        if atom.kind not in _TELLING and said not in _SAID:
            continue
        before = atoms[index - 1] if index else None
        following = atoms[index + 1] if index + 1 < len(atoms) else None
        if (
            _describes(atom, said, before, following)
            or _counts_row(atom, before, following)
            or _says_more(atom, said, sketch)
            or (said == "total" and _A_TOTAL.search(text[: atom.end + 3]) is not None)
            or _asks_for_schema(atom, said, before)
        ):
            yield span_of(atom)
    if _asks_the_clock(text, atoms):
        yield (0, len(text))
    cost = _cost_of_one(text, atoms)
    if cost is not None:
        yield span_of(cost)


def _says_more(atom: Atom, said: str, sketch: Sketch) -> bool:
    """`out of stock`, `what will revenue be`, `of the top 3 combined`: one of all three."""
    if said == "out of":
        return atom.kind == "in"
    if said == "will":
        return any(item.aggregate != "count" for item in sketch.heads)
    return said in _TOGETHER and (sketch.limit or 0) > 1


def _describes(atom: Atom, said: str, before: Atom | None, following: Atom | None) -> bool:
    """`completed orders`, `discounted sales`: some of them only, by what was done to them."""
    if atom.kind != "verb" or following is None or following.kind != "noun":
        return False
    done = said.endswith("ed" if said == atom.value else _CHANGED)
    return done and (before is None or before.kind in _BEFORE_ADJECTIVES)


def _asks_for_schema(atom: Atom, said: str, before: Atom | None) -> bool:
    """`what columns does orders have`: about the table, not its rows."""
    told = before is not None and before.kind == "open"
    return said in _SCHEMA and atom.kind == "noise" and told


def _counts_row(atom: Atom, before: Atom | None, following: Atom | None) -> bool:
    """`customer 7 first`: the one with that key, not so many."""
    named = before is not None and before.kind == "noun" and bool(entry_of(before).tables)
    if atom.kind != "num" or atom.value or not named:
        return False
    return following is not None and following.kind == "adj"


def _asks_the_clock(text: str, atoms: Sequence[Atom]) -> bool:
    """`what is today's date`: of no data at all."""
    if not 0 < len(atoms) <= _BRIEF or atoms[0].kind != "open":
        return False
    others = [a for a in atoms if a.kind not in _CLOCK_KINDS]
    said = [text[a.start : a.end].lower() for a in others]
    times = [a for a in atoms if a.kind == "period"]
    return len(said) == 1 and said[0] in _CLOCK and len(times) == 1


def _cost_of_one(text: str, atoms: Sequence[Atom]) -> Atom | None:
    """`how much does a lamp cost`: what one is sold for, which is no sum."""
    if [atom.kind for atom in atoms[:2]] != ["howmuch", "be"] or len(atoms) < 3:
        return None
    last = next(a for a in reversed(atoms) if a.kind not in ("stop", "period"))
    asks, article = (text[a.start : a.end].lower() for a in (atoms[1], atoms[2]))
    costs = text[last.start : last.end].lower() in ("cost", "costs")
    return last if costs and (asks == "does" or article in _ONE) else None
