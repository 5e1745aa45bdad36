"""Pipelines, code, SQL and YAML written by a model, parsed before they are returned, never run."""
