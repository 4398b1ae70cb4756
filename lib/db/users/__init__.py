"""Accounts in the database: one module a subject. It knows no password, token or key, only what is
kept of them."""
