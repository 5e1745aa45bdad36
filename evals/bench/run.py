"""Every figure of the product: `make bench`, or `python -m clearway.evals.bench.run [NAME…]`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable

from clearway.evals.bench import audit, cache, graph, startup

BENCHES: dict[str, Callable[[], None]] = {
    "startup": startup.main,
    "graph": lambda: asyncio.run(graph.main()),
    "audit": lambda: asyncio.run(audit.main()),
    "cache": lambda: asyncio.run(cache.main()),
}


def main() -> int:
    """Run the benchmarks that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(BENCHES)}")
    wanted = parser.parse_args().names or list(BENCHES)
    for name in wanted:
        if name not in BENCHES:
            parser.error(f"there is no benchmark {name}; there are {', '.join(BENCHES)}")
        BENCHES[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
