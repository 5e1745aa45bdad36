"""Whether questions share a cached plan exactly when they mean the same.

    python -m clearway.evals.cache_pairs PAIRS [--same FILE] [--show] [--nearest N]
        [--review FILE] [--at TIME]

PAIRS is JSON lines, packed or not, of `{"id", "a", "b", "same"}`, about the demo warehouse.
Questions are only read, routed, keyed and planned by the rules, as in the graph; what is not for
the data never shares a key. Every question is also held against its N lexically nearest ones that
no pair calls the same, those of `--same` included: it lists what people found to be the same among
questions that share a key, and counts for nothing else. `--review` writes what shares a key and is
in neither as such a list, for somebody to strike out or keep. Where questions share a shape, the
template of each is bound to the others and held against what the rules plan for their normal form.
Exit code 1 on any key shared by questions that differ, and on any statement that is not the
question's own.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import heapq
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from clearway.app import Clearway
from clearway.graph.ports import Asked
from clearway.identity import Principal
from clearway.plans import SqlPlan
from clearway.semantics.normalform import normal_form
from clearway.settings import Settings, load_settings
from clearway.stores.plans.key import PlanKeys, plan_keys
from clearway.stores.plans.template import bound, template_of
from clearway.wiring import key_scope

NOW = datetime(2026, 5, 20, 15, 30, tzinfo=UTC)
"""A fixed Wednesday, so that periods resolve alike in every run."""
ASKER = Principal(user="evals")
ZONE = "UTC"

KeyOf = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two questions, and whether one's answer is the other's."""

    id: str
    a: str
    b: str
    same: bool
    slot: str = ""


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What sharing a key was worth."""

    same: int
    hits: int
    different: int
    wrong: tuple[Pair, ...]
    missed: tuple[Pair, ...]


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of a question: where its plan may be kept, and what the rules plan for it."""

    keys: PlanKeys
    plan: SqlPlan | None


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Everything one run found."""

    scores: Scores
    checked: int
    """Neighbours looked at."""
    shared: list[tuple[str, str]]
    """Neighbours that share a key and differ."""
    served: int
    """Questions another one's template was bound to."""
    astray: list[tuple[str, str]]
    """Those of them that got a statement that is not their own."""

    @property
    def wrong(self) -> int:
        """How often an answer would have been another question's."""
        return len(self.scores.wrong) + len(self.shared) + len(self.astray)


def main(arguments: Sequence[str] | None = None) -> int:
    """Score the pairs and the nearest neighbours; exit code 1 on any wrong hit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--same", type=Path, help="pairs that are the same, reviewed by people")
    parser.add_argument("--show", action="store_true", help="print the paraphrases missed")
    parser.add_argument("--nearest", type=int, default=10)
    parser.add_argument("--review", type=Path, help="where to write what has to be reviewed")
    parser.add_argument("--at", type=datetime.fromisoformat, default=NOW, help="when it is asked")
    options = parser.parse_args(arguments)
    pairs = load(options.pairs)
    same = load(options.same) if options.same else []
    at = options.at if options.at.tzinfo else options.at.replace(tzinfo=UTC)
    found = asyncio.run(measure(load_settings(), pairs, same, nearest=options.nearest, at=at))
    _report(found, show=options.show)
    if options.review is not None:
        options.review.write_text(for_review(found.shared), encoding="utf-8")
    return int(found.wrong > 0)


def load(path: Path) -> list[Pair]:
    """Return the pairs of a file; keys it has beyond ours are left alone."""
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    fields = Pair.__dataclass_fields__
    found = [json.loads(line) for line in text.decode().splitlines() if line.strip()]
    return [Pair(**{key: value for key, value in each.items() if key in fields}) for each in found]


def for_review(shared: Sequence[tuple[str, str]]) -> str:
    """Return questions that share a key as pairs said to be the same, one a line."""
    lines = (
        {"id": f"s{number:03d}", "a": one, "b": other, "same": True}
        for number, (one, other) in enumerate(shared, start=1)
    )
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


async def measure(
    settings: Settings,
    pairs: Sequence[Pair],
    same: Sequence[Pair],
    *,
    nearest: int = 10,
    at: datetime = NOW,
) -> Measured:
    """Return how the plan cache of these settings does on pairs, neighbours and templates."""
    async with Clearway.open(settings) as cw:
        scope = key_scope(settings, cw.wired.catalog, per_user=False)
        semantics = cw.services.semantics

        def read(text: str) -> Known:
            frame = semantics.read(text, ASKER, now=at, zone=ZONE)
            tool = semantics.route(text, frame, ASKER).tool
            asked = Asked(frame=frame, principal=ASKER, at=at, zone=ZONE, tool=tool)
            plan = semantics.plan(normal_form(frame), ASKER) if tool == "sql" else None
            made = plan if isinstance(plan, SqlPlan) else None
            return Known(keys=plan_keys(asked, scope), plan=made)

        known = {text: read(text) for pair in pairs for text in (pair.a, pair.b)}

    def key_of(text: str) -> str:
        return known[text].keys.exact

    reviewed = [pair for pair in same if pair.a in known and pair.b in known]
    checked, shared = cross_check([*pairs, *reviewed], key_of, nearest=nearest)
    served, astray = cross_bind(known)
    return Measured(
        scores=score(pairs, key_of),
        checked=checked,
        shared=shared,
        served=served,
        astray=astray,
    )


def cross_bind(known: Mapping[str, Known]) -> tuple[int, list[tuple[str, str]]]:
    """Return how often another question's template serves, and where it is not the own plan."""
    served, astray = 0, []
    for one, maker in known.items():
        if maker.plan is None or maker.keys.slots is None:
            continue
        template = template_of(maker.plan, maker.keys.slots)
        for other, asked in known.items():
            if template is None or other == one or asked.keys.shape != maker.keys.shape:
                continue
            served += 1
            sql = None if asked.keys.slots is None else bound(template, asked.keys.slots)
            if sql != (asked.plan.sql if asked.plan else None):
                astray.append((one, other))
    return served, astray


def score(pairs: Sequence[Pair], key_of: KeyOf) -> Scores:
    """Return how often keys agree where they must, and where they must not."""
    equal = {pair.id: key_of(pair.a) == key_of(pair.b) for pair in pairs}
    same = [pair for pair in pairs if pair.same]
    return Scores(
        same=len(same),
        hits=sum(equal[pair.id] for pair in same),
        different=len(pairs) - len(same),
        wrong=tuple(pair for pair in pairs if not pair.same and equal[pair.id]),
        missed=tuple(pair for pair in same if not equal[pair.id]),
    )


def cross_check(
    pairs: Sequence[Pair], key_of: KeyOf, *, nearest: int
) -> tuple[int, list[tuple[str, str]]]:
    """Return how many neighbours were looked at, and those that share a key without being the same.

    Near is the Jaccard distance of their words; what pairs call the same is the same all along.
    """
    groups = _groups(pairs)
    texts = sorted(groups)
    words = {text: frozenset(text.casefold().split()) for text in texts}
    checked, shared = 0, set()
    for text in texts:
        others = (other for other in texts if groups[other] != groups[text])
        near = heapq.nsmallest(
            nearest, others, key=lambda other: (_distance(words[text], words[other]), other)
        )
        for other in near:
            checked += 1
            if key_of(text) == key_of(other):
                shared.add((min(text, other), max(text, other)))
    return checked, sorted(shared)


def _distance(left: frozenset[str], right: frozenset[str]) -> float:
    return 1 - len(left & right) / max(1, len(left | right))


def _groups(pairs: Sequence[Pair]) -> dict[str, str]:
    """Return for each question the representative of those it is the same as."""
    leader: dict[str, str] = {}

    def find(text: str) -> str:
        while leader.setdefault(text, text) != text:
            text = leader[text]
        return text

    for pair in pairs:
        one, other = find(pair.a), find(pair.b)
        if pair.same:
            leader[one] = other
    return {text: find(text) for text in list(leader)}


def _report(found: Measured, *, show: bool) -> None:
    scores = found.scores
    rate = scores.hits / max(1, scores.same)
    print(f"paraphrases that hit: {scores.hits} of {scores.same} ({rate:.1%})")
    print(f"near misses that hit: {len(scores.wrong)} of {scores.different}")
    for pair in scores.wrong:
        print(f"  WRONG  {pair.id} {pair.slot}: {pair.a!r}  ==  {pair.b!r}")
    for pair in scores.missed if show else ():
        print(f"  missed {pair.id}: {pair.a!r}  !=  {pair.b!r}")
    print(f"nearest neighbours that differ: {len(found.shared)} wrong of {found.checked}")
    print(f"templates of other questions: {len(found.astray)} wrong of {found.served}")
    for one, other in (*found.shared, *found.astray):
        print(f"  WRONG  {one!r}  ->  {other!r}")


if __name__ == "__main__":
    sys.exit(main())
