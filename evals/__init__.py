"""Golden cases, gates and benchmarks."""
