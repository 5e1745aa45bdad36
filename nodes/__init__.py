"""One file per node of the graph; each is pure given its ports."""
