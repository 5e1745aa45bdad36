"""The names layer: every relation and column a statement means, scope by scope."""
