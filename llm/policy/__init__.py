"""Which models may be asked, by rules the operator wrote."""
