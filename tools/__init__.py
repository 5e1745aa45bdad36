"""What a plan can be executed on: SQL, documents, services."""
