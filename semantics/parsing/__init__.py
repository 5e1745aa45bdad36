"""Parsing: from tokens to a Sketch, what a question says before any name is resolved."""
