"""The semantic layer: what the data means, and what a question says about it."""
