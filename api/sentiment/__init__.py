"""Sentiment over HTTP: of one symbol, of all, and of a text that is sent."""
