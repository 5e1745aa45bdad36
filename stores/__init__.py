"""Durable state in Postgres: pool, embedded server, migrations, audit."""
