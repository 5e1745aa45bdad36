"""Whether a noun or a participle comes from a verb, so that a name can be told by it."""

from __future__ import annotations

from functools import lru_cache

from clearway.semantics.words.tokens import singular
from clearway.semantics.words.verbs import link_verbs

EVENTS = {
    "sell": ("sale", "order"), "buy": ("purchase", "order", "sale"), "order": ("purchase",),
    "purchase": ("order", "sale"), "borrow": ("loan", "rental", "checkout"), "lend": ("loan",),
    "attend": ("attendance", "registration", "visit"), "enroll": ("take", "registration"),
    "fly": ("flight",), "deliver": ("shipment",), "send": ("shipment", "delivery"),
    "bill": ("invoice",), "charge": ("invoice", "payment"), "book": ("reservation",),
    "reserve": ("booking",), "rate": ("review",), "visit": ("appointment",),
    "rent": ("lease", "hire"),
}  # fmt: skip
"""Tables whose rows are such events, where none is named after the verb itself."""
PAPERS = {"buy": "invoice", "purchase": "invoice"}
"""Tables whose rows are the paper of such events, where no table holds the events themselves."""
_TURNED = {"it": "iss", "be": "pt"}
"""How the ends of verbs change in their nouns: admit, admission; prescribe, prescription."""
_NOT_VERBS = frozenset(["action", "active", "activity", "actor", "actual"])


@lru_cache(maxsize=65_536)
def same_root(verb: str, word: str) -> bool:
    """Whether a noun or participle comes from a verb: ship, shipped, shipment; pay, paid."""
    forms = link_verbs()
    verb, word = forms.get(verb, verb), singular(word)
    if word == verb or forms.get(word) == verb:
        return True
    root = verb.removesuffix("e").removesuffix("y")
    turned = root[:-2] + _TURNED.get(verb[-2:], verb[-2:])
    if len(root) < 3 or word in _NOT_VERBS:
        return False
    return word.startswith(root) or (len(turned) > 4 and word.startswith(turned[:-1]))
