"""Planning by rules: from a complete Frame to one SELECT."""
