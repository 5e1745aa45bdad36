"""May an attempt begin, and what did it cost: windows, purses and the ledger of one process."""
