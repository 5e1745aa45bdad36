"""The audit trail: written ahead, chained, read, verified, and erased on record."""
