"""One reply for all who ask the same, while it is made and for a while afterwards."""
