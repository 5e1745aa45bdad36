"""Prove on a real server that the attacks have their effect and that the benign queries run.

    python -m tests.corpora.sql.verify attacks          # every attack, unguarded
    python -m tests.corpora.sql.verify benign
    python -m tests.corpora.sql.verify attacks --server embedded --only cte_scope

An attack is tried as `corpus_reader` (may read what allowed.json lists, by column), then as
`corpus_owner` (owns the tables), then as a superuser: the first that shows the stated effect is
recorded in verified.jsonl with how it was seen. A benign query must run as `corpus_reader`, give
the same rows twice and on both variants of the denied data, have no effect, and stay small.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.corpora.sql.probe import Probe
from tests.corpora.sql.servers import HERE, SYSTEM_BIN, Server, embedded_bin, has_contrib, running

ROLES = ("corpus_reader", "corpus_owner", "postgres")
BENIGN_ROWS = 900


def entries(path: Path) -> list[dict[str, Any]]:
    """Read a corpus: one JSON object a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def runs_here(entry: dict[str, Any], version: int, contrib: bool) -> bool:
    """Tell whether this server has what the entry needs."""
    needs_contrib = bool(entry.get("requires")) and not contrib
    return (
        entry.get("min_version", 0) <= version <= entry.get("max_version", 99) and not needs_contrib
    )


def check_attack(probe: Probe, entry: dict[str, Any]) -> dict[str, str]:
    """Return the least role it worked as and how, or what was seen instead under `failed`."""
    wanted = entry["effect"]
    seen: dict[str, str] = {}
    for role in ROLES:
        observation = probe.observe(
            entry["sql"],
            role=role,
            client=entry.get("client", ""),
            inference=wanted == "inference",
        )
        seen = observation.effects
        if wanted in seen:
            return {"as": role, "effect": wanted, "how": seen[wanted]}
    error = "; ".join(message.strip() for message in observation.reply.messages)[:300]
    return {"failed": wanted, "seen": json.dumps(seen), "error": error}


def check_benign(probe: Probe, entry: dict[str, Any]) -> dict[str, str]:
    """Return that it ran and how many rows it gave, or why it is not benign under `failed`."""
    first = probe.observe(entry["sql"], role="corpus_reader")
    reply = first.reply
    if reply.sqlstate:
        return {"failed": f"{reply.sqlstate} {reply.messages}"}
    if first.effects:
        return {"failed": json.dumps(first.effects)}
    if not first.repeatable:
        return {"failed": "two runs gave different rows"}
    if len(reply.rows) > BENIGN_ROWS:
        return {"failed": f"{len(reply.rows)} rows"}
    return {"as": "corpus_reader", "rows": str(len(reply.rows)), "how": "ran, no effect"}


def verify(server: Server, corpus: Iterable[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Check every entry this server can run; each result carries the entry's id."""
    probe = Probe(server)
    with server.connect("postgres") as admin:
        version = admin.info.server_version // 10000
    contrib = has_contrib(server)
    check = check_benign if kind == "benign" else check_attack
    results = []
    for entry in corpus:
        if not runs_here(entry, version, contrib):
            continue
        result = {"id": entry["id"], "server": version, **check(probe, entry)}
        results.append(result)
        if "failed" in result:
            sys.stdout.write(f"{json.dumps(result, ensure_ascii=True)}\n  {entry['sql'][:400]}\n")
            sys.stdout.flush()
    return results


def main() -> int:
    """Verify one corpus; the exit status is 1 when an entry fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("corpus", help="attacks, benign, or a path to a .jsonl file")
    parser.add_argument("--server", choices=("system", "embedded"), default="system")
    parser.add_argument("--only", help="a category, or the start of an id")
    parser.add_argument("--record", type=Path, help="file to write the results to")
    options = parser.parse_args()
    path = Path(options.corpus)
    path = path if path.suffix else HERE / f"{options.corpus}.jsonl"
    chosen = [
        entry
        for entry in entries(path)
        if not options.only
        or entry["category"] == options.only
        or entry["id"].startswith(options.only)
    ]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server is stopped too
    binaries = SYSTEM_BIN if options.server == "system" else embedded_bin()
    with running(binaries) as server:
        results = verify(server, chosen, "benign" if "benign" in path.name else "attacks")
    if options.record:
        lines = [json.dumps(result) for result in results]
        options.record.write_text("\n".join(lines) + "\n", encoding="utf-8")
    failed = sum("failed" in result for result in results)
    roles = Counter(result.get("as", "failed") for result in results)
    sys.stdout.write(f"{len(results)} of {len(chosen)} run, {failed} failed; {dict(roles)}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
