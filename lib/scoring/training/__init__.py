"""Learns the weights of a scorer from labelled texts. It is not needed to score, and knows no command line."""
