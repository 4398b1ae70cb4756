"""From a source into the tables: what to ask for, when to stop asking, and the account of both. Knows no vendor and no
Prefect.
"""
