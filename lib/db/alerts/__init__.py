"""Statements about alerts: their rules, what they have learned, what fired, and what waits to be delivered."""
