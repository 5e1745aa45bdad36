"""What happened to rows, by the verb that says so: `never shipped`, `paid in May`."""

from __future__ import annotations

from collections.abc import Sequence

from clearway.semantics.frame import NOWHERE, Existence, Filter, Span
from clearway.semantics.judgement import words_of
from clearway.semantics.parsing.entries import Term
from clearway.semantics.parsing.sketch import Condition, Mention
from clearway.semantics.resolving.ratios import RatioRules
from clearway.semantics.times.period import Stretch
from clearway.semantics.words.roots import same_root
from clearway.semantics.words.wordset import wordset

_PASSIVE = ("is", "are", "was", "were", "been", "be", "being", "got", "get")
LIGHT = wordset(
    """
    make do take have get happen occur go see exist live belong include contain come own
    appear feature look trend develop evolve perform change show work hold earn spend cost bring
    generate stay fall keep run say speak
    """
)
"""Verbs that add nothing where nothing follows them."""
_USED = frozenset(["use", "give", "need"])
"""Verbs that say a row was referred to, in whatever table does."""

_OPENING = {"starting": "start", "beginning": "begin", "ending": "end", "starts": "start"}
"""Words a period may open with that name an event too."""

Owned = tuple[Filter, Mention | None]
Happened = tuple[tuple[Filter, ...], tuple[Existence, ...]]


class EventRules(RatioRules):
    """Resolves verbs to time columns of the subject, or to tables whose rows are such events."""

    beyond: tuple[Existence, ...] = ()
    """Rows that must be there, reached over the event a verb names."""

    def _events(self) -> Happened:
        """Return what the verbs of the sketch restrict."""
        if not (self.sketch.verbs or self.sketch.happened):
            return (), ()
        lacking = self._guarded(self._happenings) or ((), ())
        done = self._guarded(self._predicates) or ((), ())
        return (*lacking[0], *done[0]), (*lacking[1], *done[1])

    def _happenings(self) -> Happened:
        """`never loaned`, `loaned twice`, `not been paid`: by a column or a table."""
        said = self.sketch.happened
        if said is None:
            return (), ()
        if said.comparator is None:
            column = self._event_column(said.verb)
            if column is not None:
                self.used.add(column.table)
                return (Filter(column=column.ref, comparator="is null", span=said.span),), ()
        table = self._table_of_event(said.verb)
        if table is None or table == self.subject:
            raise self._unclear(said.span)
        made = Existence(
            table=table,
            negated=said.comparator is None,
            comparator=said.comparator,
            count=said.count,
            span=said.span,
        )
        return (), (made,)

    def _table_of_event(self, verb: str) -> str | None:
        table = self._table_of_verb(verb)
        if table is not None or verb not in _USED or self.subject is None:
            return table
        edges = self.joins.edges(self.subject)
        tables = {edge.target for edge in edges if not edge.to_one}
        return tables.pop() if len(tables) == 1 else None

    def _predicates(self) -> Happened:
        """`how many orders were shipped`: a verb that ends a question must be borne out."""
        filters: list[Filter] = []
        existence: list[Existence] = []
        if self.subject is None or any(i.concept for i in self.sketch.heads):
            return (), ()
        told = self.sketch.happened.span if self.sketch.happened is not None else NOWHERE
        for verb, span, _ in self.sketch.verbs:
            if self._told_apart_in_vain(verb, span):
                raise self._unclear(span)
            if verb in LIGHT or verb in _USED or self._goes_on(span) or span[1] == told[1]:
                self._refuse_doing(verb, span)
                continue
            told_so = self._passive(span[0]) or self._past(verb, span)
            column = self._event_column(verb) if told_so else None
            if column is not None:
                made = Filter(column=column.ref, comparator="is null", negated=True, span=span)
                filters.append(made)
            elif not self._explained(
                verb, alone=self._alone(span[0]), passive=self._passive(span[0])
            ):
                table = self._table_of_event(verb)
                if table is None:
                    raise self._unclear(span)
                existence.append(Existence(table=table, span=span))
        return tuple(filters), tuple(existence)

    def _over_the_event(self, filters: Sequence[Owned]) -> list[Owned]:
        """`products Ada ordered`: whoever is named is reached over the orders, no other way."""
        if not self.sketch.verbs:
            return list(filters)
        subject = self.measured or self.subject
        events = [
            table
            for verb, _, _ in self.sketch.verbs
            if verb not in LIGHT
            and (table := self._table_of_verb(verb)) not in (None, subject)
            and table not in {m.table for m in self.sketch.mentions}
        ]
        if subject is None or len(set(events)) != 1:
            return list(filters)
        via = str(events[0])
        kept: list[Owned] = []
        beyond: dict[str, list[Filter]] = {}
        for found, owner in filters:
            there = found.column.table if found.column is not None and not found.column.via else ""
            plain = not (found.negated or found.alternative or found.against)
            named = owner is not None and owner.table != subject
            near = (
                named
                or not there
                or bool(self.joins.paths(subject, there, to_one=True))
                or there == via
            )
            reached = self.joins.path(subject, via) and self.joins.path(via, there, to_one=True)
            if near or not plain or not reached:
                kept.append((found, owner))
            else:
                beyond.setdefault(there, []).append(found)
        self.beyond = tuple(
            Existence(table=table, via=via, filters=tuple(found), span=found[0].span)
            for table, found in beyond.items()
        )
        return kept

    def _goes_on(self, span: Span) -> bool:
        """Whether something the verb may be about stands behind it."""
        sketch = self.sketch
        said = [
            *(m.span for m in sketch.mentions), *(c.span for c in sketch.conditions),
            *(i.span for i in (*sketch.heads, *sketch.groups)), *(s.span for s in sketch.sortings),
            *(s for _, s in sketch.periods), *(s for _, s in sketch.loose),
        ]  # fmt: skip
        return any(start >= span[1] for start, _ in said)

    def _told_apart_in_vain(self, verb: str, span: Span) -> bool:
        """`number of books sold by genre`: not of all books, if nothing tells which were sold."""
        sketch = self.sketch
        if verb in LIGHT or verb in _USED or len(sketch.mentions) != 1 or sketch.conditions:
            return False
        counted = [i.counted for i in sketch.heads if i.aggregate == "count"]
        groups = bool(sketch.groups) and all(i.span > span for i in sketch.groups)
        if counted != [sketch.mentions[0]] or not groups or sketch.mentions[0].span > span:
            return False
        owned = {sketch.mentions[0].table, *self.used}
        named = any(
            same_root(verb, word)
            for table in owned
            for term in self._terms_of(table)
            for word in words_of(term.column.name)
        )
        return not named and self._table_of_verb(verb) not in owned

    def _refuse_doing(self, verb: str, span: Span) -> None:
        """`worth keeping`, `products selling`: a verb that says more than it seems to."""
        doing = verb in LIGHT and self._said(span).lower().endswith("ing")
        if doing and not (self._passive(span[0]) or self._goes_on(span)):
            raise self._unclear(span)

    def _alone(self, start: int) -> bool:
        """`policies which expired`: nothing but the verb says what is so of them."""
        before = self.text[:start].lower().split()
        return before[-1:] in (["that"], ["which"], ["who"])

    def _explained(self, verb: str, *, alone: bool, passive: bool) -> bool:
        """Whether the verb relates what was spoken of, or is in the name of one of its columns."""
        spoken = {m.table for m in self.sketch.mentions} | {self.subject or ""}
        if alone:
            return self._table_of_verb(verb) in spoken
        compared = any(c.value_entry is None for c in self.sketch.conditions)
        if len(spoken) > 1 or compared or self.sketch.groups:
            return True
        if self._table_of_verb(verb) in spoken:
            return True
        terms = [t for table in (*spoken, *self.used) for t in self._terms_of(table)]
        if passive:
            # `were discounted`: by how much is no answer to whether.
            terms = [t for t in terms if t.column.role != "measure" or t.state]
        return any(same_root(verb, word) for t in terms for word in words_of(t.column.name))

    def _terms_of(self, table: str | None) -> list[Term]:
        return list(self.lexicon.terms.get(table or "", {}).values())

    def _refuse_named_start(self, stretch: Stretch, table: str, span: Span) -> None:
        """`requests starting in March`: those from then on, or those whose start is then."""
        if stretch.start is not None and stretch.end is not None:
            return
        said = self._said(span).split(" ")[0].lower()
        terms = self.lexicon.terms[table].values()
        if said in _OPENING and any(t.time and named_by(t, _OPENING[said]) for t in terms):
            raise self._unclear(span)

    def _past(self, verb: str, span: Span) -> bool:
        """`boats that departed`, `customers who have churned`: it happened to them."""
        said = self._said(span).lower()
        return said != verb and said.endswith(("ed", "d", "t", "n")) and not said.endswith("ing")

    def _passive(self, start: int) -> bool:
        before = self.text[:start].lower().split()
        return bool(before) and before[-1] in _PASSIVE

    def _event_column(self, verb: str) -> Term | None:
        """Return the subject's one column that is empty until this has happened."""
        if self.subject is None:
            return None
        terms = self.lexicon.terms[self.subject].values()
        keys = {name for k in self._table(self.subject).foreign_keys for name in k.columns}
        for kind in ((t for t in terms if t.time), (t for t in terms if t.column.name in keys)):
            found = [t for t in kind if t.column.nullable and named_by(t, verb)]
            if len(found) == 1:
                return found[0]
        return None

    def _not_yet(self, condition: Condition) -> Term | None:
        """`not shipped`, `unpaid`: what says when is empty, whatever the state is called."""
        if not condition.negated or condition.alternative or condition.times:
            return None
        said = condition.value_entry.phrase if condition.value_entry is not None else ""
        return self._event_column(said) if said and " " not in said else None

    def _states_in_time(self) -> None:
        """`orders shipped in June`: the time at which they were is meant, not only their state."""
        if not self.sketch.periods or self.subject is None:
            return
        terms = self.lexicon.terms[self.subject].values()
        for condition in list(self.sketch.conditions):
            if condition.value_entry is None or condition.negated or condition.times:
                continue
            word = condition.value_entry.phrase
            times = [t for t in terms if t.time and named_by(t, word)]
            if " " in word or len(times) != 1 or condition.alternative:
                continue
            self.sketch.verbs.append((word, condition.span, None))
            if self._passive(condition.span[0]) or self._behind_its_noun(condition.span[0]):
                self.sketch.conditions.remove(condition)

    def _behind_its_noun(self, start: int) -> bool:
        return any(m.span[1] == start - 1 for m in self.sketch.mentions)


def named_by(term: Term, verb: str) -> bool:
    """Whether a column is named after an event: `shipped_at` after shipping."""
    return any(same_root(verb, word) for word in words_of(term.column.name))
