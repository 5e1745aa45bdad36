"""Templates: a statement that ran for one question, with holes where its literals were.

A hole is made only where it is certain which slot of the question a literal came from: every
literal is accounted for by exactly one slot or by its place, every slot that may change is found,
and no name in the statement repeats what may change. Otherwise there is no template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from clearway.plans import Model, SqlPlan
from clearway.semantics.frame import Period
from clearway.semantics.words.wordset import wordset
from clearway.stores.plans.literal_forms import literal_of, says_all, side_written
from clearway.stores.plans.literal_place import by_place, slots_for
from clearway.stores.plans.slots import Slot, Slots

DIALECT = "postgres"


class Hole(Model):
    """What stands in a hole: a slot, by its number among those that may change, in one form."""

    slot: int
    form: str


class Template(Model):
    """A statement with placeholders, and what it was made from."""

    sql: str
    holes: dict[str, Hole]
    """By the placeholder's name."""
    values: str
    """The literals of the question it was made for."""


def template_of(plan: SqlPlan, slots: Slots) -> Template | None:
    """Return the template of a statement that was made for these slots; None without certainty."""
    tree = _parsed(plan.sql)
    if tree is None or reads_clock(tree) or _unusual(tree, slots):
        return None
    if _repeats(plan, tree, slots):
        return None
    holes = _holes(tree, slots)
    if holes is None or not _whole(holes, slots.open):
        return None
    original = tree.sql(dialect=DIALECT)
    for literal, name in [(node, name) for name, (node, _) in holes.items()]:
        literal.replace(exp.Placeholder(this=name))
    template = Template(
        sql=tree.sql(dialect=DIALECT),
        holes={name: hole for name, (_, hole) in holes.items()},
        values=values_of(slots),
    )
    # What it was made from must come back, or it was not understood.
    return template if bound(template, slots) == original else None


def bound(template: Template, slots: Slots) -> str | None:
    """Return the statement with a question's literals in its holes; None where one cannot stand."""
    literals = []
    for name, hole in template.holes.items():
        literal = None
        if hole.slot < len(slots.open):
            literal = literal_of(slots.open[hole.slot], hole.form)
        if literal is None:
            return None
        literals.append((name, literal))
    return _filled(template.sql, tuple(literals))


@lru_cache(maxsize=512)
def _filled(sql: str, literals: tuple[tuple[str, exp.Expr], ...]) -> str | None:
    """Return the text of a template's tree with literals for placeholders; None if one is left."""
    tree = _read(sql)
    if tree is None:
        return None
    tree, said = tree.copy(), dict(literals)
    for placeholder in list(tree.find_all(exp.Placeholder)):
        literal = said.get(placeholder.name)
        if literal is None:
            return None
        placeholder.replace(literal.copy())
    return tree.sql(dialect=DIALECT)


def values_of(slots: Slots) -> str:
    """Return the literals as text: equal where nothing has to be bound anew."""
    said = [slot.value for slot in slots.open]
    return repr([(v.start, v.end) if isinstance(v, Period) else v for v in said])


def reads_clock(tree: exp.Expr) -> bool:
    """Return whether a statement means something else at another time."""
    return any(
        isinstance(node, _CLOCKS) or (isinstance(node, exp.Func) and _called(node) in _CLOCK_NAMES)
        for node in tree.walk()
    )


def clock_in(sql: str) -> bool:
    """Return whether a statement reads the clock, or cannot be read itself."""
    tree = _parsed(sql)
    return tree is None or reads_clock(tree)


_CLOCKS = (
    exp.CurrentDate, exp.CurrentDatetime, exp.CurrentTime, exp.CurrentTimestamp, exp.Localtime,
    exp.Localtimestamp, exp.Rand,
)  # fmt: skip
_CLOCK_NAMES = wordset(
    """
    now clock_timestamp statement_timestamp transaction_timestamp timeofday age random
    """
)


def _called(function: exp.Func) -> str:
    name = function.name if isinstance(function, exp.Anonymous) else function.sql_name()
    return name.casefold()


def _parsed(sql: str) -> exp.Query | None:
    try:
        tree = sqlglot.parse_one(sql, dialect=DIALECT)
    except (SqlglotError, RecursionError):
        return None
    return tree if isinstance(tree, exp.Query) else None


_read = lru_cache(maxsize=256)(_parsed)


_UNUSUAL = (
    exp.Placeholder, exp.Parameter, exp.National, exp.HexString, exp.BitString, exp.ByteString,
    exp.RawString, exp.UnicodeString,
)  # fmt: skip


def _unusual(tree: exp.Query, slots: Slots) -> bool:
    """Return whether something stands in the statement that could hide a literal."""
    if any(isinstance(node, _UNUSUAL) for node in tree.walk()):
        return True
    said = {slot.value for slot in slots.slots if isinstance(slot.value, bool)}
    return any(
        node.this not in said and not isinstance(node.parent, exp.Join)
        for node in tree.find_all(exp.Boolean)
    )


def _holes(tree: exp.Query, slots: Slots) -> dict[str, tuple[exp.Literal, Hole]] | None:
    """Return the holes by name; None where a literal may have come from elsewhere."""
    holes: dict[str, tuple[exp.Literal, Hole]] = {}
    for literal in tree.find_all(exp.Literal):
        found = list(slots_for(literal, slots))
        if not found and by_place(literal, slots):
            continue
        if len(found) != 1:
            return None
        (slot, form) = found[0]
        if not slot.open:
            continue
        number = next(i for i, each in enumerate(slots.open) if each is slot)
        name = f"h{len(holes)}_{form}"
        holes[name] = (literal, Hole(slot=number, form=form))
    return holes


def _whole(holes: dict[str, tuple[exp.Literal, Hole]], open_: tuple[Slot, ...]) -> bool:
    """Return whether every slot that may change is in the statement, each period as a whole."""
    for number, slot in enumerate(open_):
        forms = [hole.form for _, hole in holes.values() if hole.slot == number]
        if not forms:
            return False
        value = slot.value
        if isinstance(value, Period) and not says_all(value, set(map(side_written, forms))):
            return False
    return True


_WORDS = re.compile(r"[^\W\d_]+|\d+")
_TIMES = wordset(
    """
    january february march april may june july august september october november december jan feb
    mar apr jun jul aug sep sept oct nov dec today yesterday last this previous prior current next
    first second third fourth
    """
)


def _repeats(plan: SqlPlan, tree: exp.Query, slots: Slots) -> bool:
    """Return whether a name or an assumption says what may change: it would be wrong elsewhere."""
    names = [alias.alias for alias in tree.find_all(exp.Alias)]
    names += [alias.name for alias in tree.find_all(exp.TableAlias)]
    said = {word for name in names for word in _words(name)}
    assumed = {word for each in plan.assumptions for word in _words(each)}
    return not (said | assumed).isdisjoint(_changing(slots)) or any(
        map(str.isdigit, said | assumed)
    )


def _changing(slots: Slots) -> frozenset[str]:
    values = [slot.value for slot in slots.open if isinstance(slot.value, str)]
    words = {word for value in values for word in _words(value)}
    timed = any(slot.kind == "period" for slot in slots.open)
    return frozenset(words | (_TIMES if timed else frozenset()))


def _words(text: str) -> Iterator[str]:
    yield from _WORDS.findall(text.casefold())
