"""What services declare: their documents, operations, schemas, words and callers."""
