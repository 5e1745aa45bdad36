"""Part and whole: `percentage of A that are B` holds what is both against all that is A."""

from __future__ import annotations

from collections.abc import Sequence

from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.cursor import entry_of
from clearway.semantics.parsing.sketch import Condition, Sketch
from clearway.semantics.words.verbs import link_verbs

_SAYS = frozenset(["be", "rel", "has", "who", "verb"])
"""What begins a predicate: `is`, `that`, `have`, `comes`."""

_WHOLE = frozenset(["noun", "val", "rows"])
"""What the whole is called by, before anything is said of it."""

_PASSED = frozenset(["not", "noise", "det"])

_SUBJECTS = frozenset(["noun", "val", "period", "rows"])
"""What a state is said of where it stands right behind: `runs failed`."""


def predicate_at(text: str, atoms: Sequence[Atom], share: int) -> int | None:
    """Return where what is said of the whole begins, behind a `percentage of`; None nowhere."""
    named = row = False
    for index in range(share + 1, len(atoms)):
        atom = atoms[index]
        if atom.kind == "stop":
            return None
        # `runs took longer than`: a comparison that is said by a verb.
        first = text[atom.start : atom.end].lower().split()[0]
        says = atom.kind in _SAYS or (atom.kind == "cmp" and first in link_verbs())
        if named and (says or (row and _says_state(atoms, index))):
            return atom.start
        named = named or atom.kind in _WHOLE
        row = row or atom.kind == "noun"
    return None


def _says_state(atoms: Sequence[Atom], index: int) -> bool:
    """`percentage of load_sales runs failed`: a value that says what became of the rows."""
    if atoms[index].kind != "val":
        return False
    before = index - 1
    while before >= 0 and atoms[before].kind in _PASSED:
        before -= 1
    subject = atoms[before]
    if subject.kind not in _SUBJECTS or subject.possessive:
        return False
    if subject.kind == "noun":
        return bool(entry_of(subject).tables)
    said = {term.ref for term in entry_of(atoms[index]).values}
    if subject.kind == "val":
        return said.isdisjoint(term.ref for term in entry_of(subject).values)
    return True


def tell_parts(text: str, sketch: Sketch, atoms: Sequence[Atom]) -> None:
    """Mark what tells the part from the whole; what may be of either is left loose.

    That is what is said of the whole; else whose share it is (`Europe's share of revenue`); else
    the one condition there is (`share of revenue from Europe`, of all revenue).
    """
    assert sketch.shared is not None  # noqa: S101 - checked by the caller
    behind = [c for c in sketch.conditions if c.span > sketch.shared]
    before = [c for c in sketch.conditions if c.span < sketch.shared]
    ends = {atom.end for atom in atoms if atom.possessive}
    if sketch.predicate is not None:
        found = [c for c in behind if c.span[0] >= sketch.predicate]
        doubtful = bool(behind) and not found and not sketch.groups
        doubtful = doubtful or (len(sketch.periods) > 1 and not sketch.compared)
    elif before and all(c.span[1] in ends for c in before):
        found, doubtful = before, False
    elif sketch.groups:
        found, doubtful = [], any(_between(c, sketch) for c in behind)
    else:
        # `percentage of failed runs over 5 minutes`: of those, or of all runs over them.
        rate = any(item.where is not None for item in sketch.heads)
        found, doubtful = before or behind, bool(before and behind)
        doubtful = doubtful or (rate and any(c.comparator != "=" for c in behind))
        found = [] if rate else found
    alone = len(found) < 2 or len({c.alternative or None for c in found}) == 1
    alone = alone and (len(found) < 2 or bool(found[0].alternative))
    if doubtful or not alone:
        sketch.loose += [(text[slice(*c.span)], c.span) for c in found or behind]
        return
    for condition in found:
        condition.part = True


def _between(condition: Condition, sketch: Sketch) -> bool:
    """`share of revenue from Europe by channel`: of Europe's, or Europe's of each channel's."""
    named = [item.span for item in sketch.heads if item.share]
    last = max((item.span for item in sketch.groups), default=condition.span)
    return any(span < condition.span for span in named) and condition.span < last
