"""How many watchlists a person may keep, and how long they may be. It does not know where they are kept."""

MOST_WATCHLISTS = 20
MOST_SYMBOLS = 200
LONGEST_NAME = 80
