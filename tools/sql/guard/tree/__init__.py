"""The tree layer: every node, argument and conversion, against what is known to be a read."""
