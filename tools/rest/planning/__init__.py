"""A question becomes calls: what it gives, which operations fit, and how sure that is."""
