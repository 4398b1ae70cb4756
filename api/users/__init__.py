"""People and their programs: accounts, tokens, sessions, API keys."""
