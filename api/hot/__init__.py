"""Answers that are ready: reads of stocks and sentiment as bytes, given out again without asking anyone."""
