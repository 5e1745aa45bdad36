"""Atoms that could be two things alone, and are one beside the others of their question."""

from __future__ import annotations

from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.words.verbs import link_verbs


def settled(atoms: list[Atom]) -> list[Atom]:
    """Return the atoms of a question with what the rest of it settles."""
    tables = {table for atom in atoms if atom.kind == "noun" for table in _tables(atom)}
    if len(tables) == 1:
        for atom in atoms:
            _as_value(atom, next(iter(tables)))
    for number in range(1, len(atoms)):
        before, kind = atoms[number - 1], atoms[number].kind
        if before.kind == "noun" and kind in ("noun", "agg") and _tables(before):
            following = atoms[number + 1].kind if number + 1 < len(atoms) else "end"
            _as_told(before, atoms[number], following)
        elif before.kind == "val" and kind == "det" and number + 1 < len(atoms):
            _as_verb(before, atoms[number + 1])
    return atoms


def _as_told(before: Atom, atom: Atom, following: str) -> None:
    """What a word says right behind the table it is about."""
    if atom.kind == "noun":
        _as_count(atom)
    else:
        _as_column(before, atom, following)


def _tables(atom: Atom) -> list[str]:
    return list(atom.entry.tables) if atom.entry is not None else []


def _as_value(atom: Atom, table: str) -> None:
    """`how many runs succeeded`: a value of the one table spoken of, a column of another."""
    entry = atom.entry
    if atom.kind != "noun" or entry is None or entry.tables or table in entry.columns:
        return
    if any(term.table == table for term in entry.values):
        atom.kind = "val"


def _as_column(before: Atom, atom: Atom, following: str) -> None:
    """`invoice total for customers from Peru`: what invoices have, no total of customers."""
    owned = atom.entry.columns if atom.entry is not None else {}
    named = any(0 in owned.get(table, {}).values() for table in _tables(before))
    if named and following != "noun":
        atom.kind, atom.value = "noun", ""


def _as_verb(atom: Atom, following: Atom) -> None:
    """`who opened a ticket` did so, whether or not it is one of those that are `open` now."""
    said = atom.text.lower()
    stored = atom.entry.values.values() if atom.entry is not None else ()
    spelled = any(said == value.casefold() for values in stored for value in values)
    if following.kind == "noun" and _tables(following) and not spelled and said in link_verbs():
        atom.kind, atom.value = "verb", link_verbs()[said]


def _as_count(atom: Atom) -> None:
    """`sales count by region`: no column of another table that counts something."""
    if atom.text.lower() in ("count", "counts") and not _tables(atom):
        atom.kind = "count"
