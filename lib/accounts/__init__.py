"""Accounts: registering, proving who one is, and what follows. It knows no HTTP; `api/` and the terminal use it."""
