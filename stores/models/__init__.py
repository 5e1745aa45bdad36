"""Model calls: admitted, on the ledger, shared and kept."""
