"""Documents and their passages: written by owners, searched as one principal sees them."""
