"""Verifying the audit: recompute every chain and say where it was touched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

from clearway.errors import ConfigurationError
from clearway.stores.audit.facts import ERASE, private_digest
from clearway.stores.connect import store_errors
from clearway.stores.keys import Keys

_HEADS = "select * from clearway.audit_head order by shard"
_LINKS = """
select audit_record.*, audit_private.payload, audit_private.erased_by
from clearway.audit_record
left join clearway.audit_private using (request_id, step, attempt, phase)
order by shard, seq
"""
_REPEATED = ("request_id", "step", "phase", "trace_id", "instance", "input_hash")


@dataclass(frozen=True, kw_only=True)
class Head:
    """Where a chain ends. Kept outside the database, it proves later that nothing was cut off."""

    seq: int
    hash: str
    """Hexadecimal."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One place where the record is not what was written."""

    shard: int
    seq: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What a verification found; `heads` are worth keeping elsewhere, as anchors."""

    records: int
    erased: int
    """Records without their personal part."""
    problems: tuple[Problem, ...]
    heads: Mapping[int, Head]

    @property
    def intact(self) -> bool:
        """Whether nothing was touched."""
        return not self.problems


async def audit_heads(pool: AsyncConnectionPool[AsyncConnection[DictRow]]) -> dict[int, Head]:
    """Return where every chain ends now."""
    with store_errors("read the audit"):
        async with pool.connection() as connection:
            rows = await (await connection.execute(_HEADS)).fetchall()
    return {row["shard"]: Head(seq=row["seq"], hash=row["hash"].hex()) for row in rows}


def write_anchors(heads: Mapping[int, Head]) -> str:
    """Return heads as JSON, to be kept where the database's administrators cannot change it."""
    return json.dumps({str(shard): asdict(head) for shard, head in heads.items()}, indent=2) + "\n"


def read_anchors(text: str) -> dict[int, Head]:
    """Return the heads `write_anchors` wrote, or raise `ConfigurationError`."""
    try:
        found = {int(shard): Head(**head) for shard, head in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError):
        raise ConfigurationError(
            "The anchors cannot be read: they are the JSON file an earlier verification wrote."
        ) from None
    return found


async def verify_audit(
    pool: AsyncConnectionPool[AsyncConnection[DictRow]],
    *,
    keys: Keys,
    anchors: Mapping[int, Head] | None = None,
) -> Verification:
    """Return what was changed, deleted, reordered or inserted since it was written.

    Records cut off at the end of a chain, with the head moved back, show only against `anchors`.
    One consistent snapshot; memory does not grow with the audit, only with what was erased of it.
    """
    with store_errors("read the audit"):
        async with pool.connection() as connection, connection.transaction():
            await connection.execute("set transaction isolation level repeatable read read only")
            heads = await (await connection.execute(_HEADS)).fetchall()
            check = _Check(keys, heads, anchors or {})
            async with connection.cursor("audit_links") as cursor:
                await cursor.execute(_LINKS)
                async for link in cursor:
                    check.link(link)
    return check.result()


@dataclass
class _Chain:
    """How far one chain has been followed."""

    seq: int
    hash: bytes


@dataclass
class _Check:
    """Follows all chains at once; links come in the order of shard and seq."""

    keys: Keys
    heads: list[DictRow]
    anchors: Mapping[int, Head]
    problems: list[Problem] = field(default_factory=list)
    records: int = 0
    erased: list[tuple[int, int, str]] = field(default_factory=list)
    erasures: dict[str, int] = field(default_factory=dict)
    chains: dict[int, _Chain] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chains = {
            row["shard"]: _Chain(row["kept_after_seq"], row["kept_after_hash"])
            for row in self.heads
        }

    def link(self, row: DictRow) -> None:
        self.records += 1
        shard, seq = row["shard"], row["seq"]
        chain = self.chains[shard]
        if seq != chain.seq + 1:
            self._found(shard, chain.seq + 1, f"missing up to {seq - 1}")
        elif _link_hash(chain.hash, row) != row["hash"]:
            self._found(shard, seq, "its content or its place in the chain was changed")
        self.chains[shard] = _Chain(seq, row["hash"])
        anchor = self.anchors.get(shard)
        if anchor and anchor.seq == seq and anchor.hash != row["hash"].hex():
            self._found(shard, seq, "differs from its anchor: the chain was rewritten")
        self._content(shard, seq, row)

    def result(self) -> Verification:
        for shard, seq, by in self.erased:
            self.erasures[by] = self.erasures.get(by, 0) - 1
            if self.erasures[by] < 0:
                self._found(shard, seq, "its personal part is gone and no erasure is on record")
        for row in self.heads:
            self._end(row)
        return Verification(
            records=self.records,
            erased=len(self.erased),
            problems=tuple(sorted(self.problems, key=lambda p: (p.shard, p.seq))),
            heads={n: Head(seq=c.seq, hash=c.hash.hex()) for n, c in self.chains.items()},
        )

    def _end(self, head: DictRow) -> None:
        shard, chain = head["shard"], self.chains[head["shard"]]
        if (chain.seq, chain.hash) != (head["seq"], head["hash"]):
            self._found(shard, chain.seq + 1, "the chain does not end where its head says")
        anchor = self.anchors.get(shard)
        if anchor and anchor.seq > chain.seq:
            self._found(shard, chain.seq + 1, f"missing up to {anchor.seq}, by its anchor")

    def _content(self, shard: int, seq: int, row: DictRow) -> None:
        body: dict[str, Any] = json.loads(row["body"])
        repeated = all(body.get(name) == row[name] for name in _REPEATED)
        at = datetime.fromisoformat(body["at"])
        if not repeated or at != row["at"]:
            self._found(shard, seq, "its columns do not repeat its body")
        if body["action"] == ERASE:
            self.erasures[body["request_id"]] = body["row_count"]
        digest, payload = body.get("private"), row["payload"]
        if digest is not None and payload is None:
            self.erased.append((shard, seq, row["erased_by"] or ""))
        elif payload is not None and private_digest(self.keys, payload) != digest:
            self._found(shard, seq, "its personal part was changed")

    def _found(self, shard: int, seq: int, reason: str) -> None:
        self.problems.append(Problem(shard=shard, seq=seq, reason=reason))


def _link_hash(before: bytes, row: DictRow) -> bytes:
    opens = "t" if row["opens"] else "f"
    link = f"{row['shard']}:{row['seq']}:{row['attempt']}:{opens}:{row['body']}"
    return hashlib.sha256(before + link.encode()).digest()
