"""The small words of a question: what they announce for the words that follow."""

from __future__ import annotations

from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.cursor import entry_of, grain_of, span_of
from clearway.semantics.parsing.each_words import EachRules
from clearway.semantics.parsing.entries import names_row_of
from clearway.semantics.parsing.shares import predicate_at
from clearway.semantics.parsing.sketch import (
    COND,
    GROUP,
    HEAD,
    ORDER,
    Item,
)
from clearway.semantics.parsing.verb_words import BEFORE_NAMES, COLLECTIVES
from clearway.semantics.words.tokens import singular
from clearway.semantics.words.verbs import link_verbs

_NAMES = frozenset(["val", "quote", "proper"])

_BEHIND_GROUPS = frozenset(["end", "stop", "comma", "and", "period", "in", "order", "dir", "alpha"])


class WordRules(EachRules):
    """One method a kind of function word."""

    def _skip(self, atom: Atom) -> None:
        self.at += 1

    def _open(self, atom: Atom) -> None:
        """A fresh start: `and what are those sizes`; behind `who`, some are verbs like others."""
        said = atom.text.lower()
        if said in link_verbs() and self._kind(-1) in ("rel", "who"):
            self._relates(atom, link_verbs()[said])
            return
        if self._kind(-1) in BEFORE_NAMES and said and said != "list":
            # `the return of products`: what is asked for, which nobody knows.
            self._loose(atom)
        if self.region != HEAD and self._kind(-1) in ("and", "stop", "comma", "noise"):
            self.region = HEAD
        self.at += 1

    def _ask(self, atom: Atom) -> None:
        """`where`, `when`, `why`, `how`: a place, a time, a reason or a way is asked for."""
        if atom.value in ("where", "when") and self._asked_something() and self._kind(-1) != "stop":
            self._relative(atom)
            return
        if atom.value == "when":
            self.sketch.heads.append(Item(span_of(atom), concept="time"))
        else:
            self._loose(atom)
        self.at += 1

    def _stop(self, atom: Atom) -> None:
        self.region = HEAD
        self.link = ""
        self.at += 1

    def _which(self, atom: Atom) -> None:
        if self._asked_something() and self._kind(-1) not in ("stop", "comma", "and"):
            self.region = COND
        self.at += 1

    def _who(self, atom: Atom) -> None:
        if self._asked_something():
            self.region = COND
        else:
            self.sketch.person = True
        self.at += 1

    def _relative(self, atom: Atom) -> None:
        if self._asked_something():
            self.region = COND
        elif self.at == 0 and self.text[: atom.end].lower().startswith("who "):
            self.sketch.person = True
        self.link = ""
        self.at += 1

    def _preposition(self, atom: Atom) -> None:
        self.link = atom.kind
        self.at += 1

    def _with(self, atom: Atom) -> None:
        self.link = "with"
        if self._asked_something():
            self.region = COND
        self.at += 1

    def _has(self, atom: Atom) -> None:
        if self._asked_something() and self.region == HEAD:
            self.region = COND
        self.at += 1

    def _by(self, atom: Atom) -> None:
        self.at += 1
        self.link = "by"
        index = self._peek(self.at, frozenset(["det", "all", "each"]))
        named = self._kind_at(index) in _NAMES
        if named or self._by_one_of_them(index) or (self.verb is not None and self._acts(index)):
            self.region = COND
        elif self.verb is not None and self._kind_at(index) == "noun" and self._by_somebody(index):
            # `approved by managers`: which ones did it, not one by one.
            self._loose(atom)
        elif self.superlative:
            self.region = ORDER
            self.superlative = False
        elif self.region != ORDER:
            self.region = GROUP
            self.grouping = (atom, self._found())

    def _by_one_of_them(self, index: int) -> bool:
        """`songs by the band Queen`: one that is called so, not one by one."""
        if self._kind_at(index) != "noun" or self._kind_at(index + 1) not in _NAMES:
            return False
        noun, name = self.atoms[index], self.atoms[index + 1]
        each = any(self._kind_at(i) == "each" for i in range(self.at, index))
        if each or noun.possessive or not entry_of(noun).tables:
            return False
        if name.kind == "val":
            return names_row_of(entry_of(noun), entry_of(name))
        # `the authors Ann Lee and Bo Ek` are two, who were taken for one.
        return name.kind == "quote" or " and " not in name.value

    def _by_somebody(self, index: int) -> bool:
        """Whether rows that keys lead to are meant, several of them."""
        atom = self.atoms[index]
        terms = [t for owned in entry_of(atom).columns.values() for t in owned]
        said = self.text[atom.start : atom.end].split()[-1].lower()
        roles = bool(terms) and all(t.ref.via for t in terms)
        return roles and index == self.at and singular(said) != said

    def _acts(self, index: int) -> bool:
        """`rated by customers` tells who did; `units sold by shop`, `by product category` group."""
        if self._kind_at(index) != "noun" or not entry_of(self.atoms[index]).tables:
            return False
        if any(self._kind_at(i) == "each" for i in range(self.at, index)):
            return False
        if self._kind_at(index + 1) == "noun":
            return bool(entry_of(self.atoms[index + 1]).tables)
        atom = self.atoms[index]
        said = self.text[atom.start : atom.end].split()[-1].lower()
        bare = index == self.at and singular(said) == said and said not in COLLECTIVES
        return not (bare and self._kind_at(index + 1) in _BEHIND_GROUPS)

    def _all(self, atom: Atom) -> None:
        """`sold in all regions`: every one of them is meant, which is no filter."""
        self.at += 1
        index = self._peek(self.at, frozenset(["det", "distinct"]))
        following = self._kind_at(index)
        yes_or_no = self._kind(-2) == "be" and not self._asked_something()
        acted = self.region == COND and self.verb is not None and self.link != "of"
        if following == "noun" and not entry_of(self.atoms[index]).tables:
            acted = acted or (self.link == "in" and self._asked_something())
        if yes_or_no or (acted and following == "noun" and not self._asks_numbers()):
            self._loose(atom)

    def _joint(self, atom: Atom) -> None:
        self.either = atom.kind == "or" and bool(self.sketch.conditions)
        self.at += 1

    def _both(self, atom: Atom) -> None:
        self.both = True
        self.at += 1

    def _not(self, atom: Atom) -> None:
        self.negated = atom
        if atom.kind == "no" and self._asked_something():
            self.region = COND
        self.at += 1

    def _nobody(self, atom: Atom) -> None:
        """`courses nobody attended`: it never happened, whoever might have."""
        following = self._peek(self.at + 1, frozenset(["be", "has", "noise"]))
        if self._asked_something() and self._kind_at(following) == "verb":
            self.negated = atom
            self.region = COND
        else:
            self._loose(atom)
        self.at += 1

    def _mine(self, atom: Atom) -> None:
        if atom.text.lower() in ("my", "mine"):
            self.sketch.mine = True
        self.at += 1

    def _distinct(self, atom: Atom) -> None:
        self.distinct = True
        self.at += 1

    def _share(self, atom: Atom) -> None:
        self.share = atom
        self.at += 1
        self.sketch.shared = span_of(atom)
        self.sketch.predicate = predicate_at(self.text, self.atoms, self.at - 1)

    def _running(self, atom: Atom) -> None:
        """`running total of revenue by month`: added up from step to step."""
        self.sketch.running = span_of(atom)
        self.at += 1

    def _same(self, atom: Atom) -> None:
        """`same by region` goes on from the last question; `with the same name` compares rows."""
        if self.at:
            self._loose(atom)
        self.at += 1

    def _only(self, atom: Atom) -> None:
        """`only Europe` restricts; `who only bought lamps` says what else they did not."""
        if self.verb is not None and any(not m.negated for m in self.sketch.mentions):
            self._loose(atom)
        self.at += 1

    def _shown_as(self, atom: Atom) -> None:
        self.sketch.presentation = "chart" if atom.kind == "chart" else "table"
        self.at += 1

    def _breakdown(self, atom: Atom) -> None:
        """`breakdown of statuses`, `trend`: what must be shown step by step."""
        self.sketch.breakdown = self.sketch.breakdown or atom.kind == "breakdown"
        self.sketch.trend = self.sketch.trend or atom.kind == "trend"
        self.at += 1

    def _versus(self, atom: Atom) -> None:
        self.sketch.compared = True
        if atom.kind == "growth":
            self.sketch.growth = True
            self.sketch.back = self.sketch.back or grain_of(atom.value)
        self.at += 1
        following = self._peek(self.at, frozenset(["det", "all", "in", "of"]))
        if self.sketch.conditions and self._kind_at(following) == "val":
            # `Europe vs Asia Pacific`: both, side by side.
            self.either = True
            self.sketch.compared_values = True

    def _period(self, atom: Atom) -> None:
        self.sketch.periods.append((atom.stretch, span_of(atom)))
        self.link = ""
        self.at += 1

    def _everything(self, atom: Atom) -> None:
        self.sketch.heads.append(Item(span_of(atom), everything=True))
        self.at += 1
