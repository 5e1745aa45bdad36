"""The graph: state, per-run context, ports, and how nodes are wired."""
