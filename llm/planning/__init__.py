"""The router as the graph's planner model and as its writer of answers."""
