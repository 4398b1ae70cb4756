"""The schema, one file a step; lib/db/migrate.py applies them."""
