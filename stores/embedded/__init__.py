"""The embedded Postgres: its account, programs, data directory, users and watcher."""
