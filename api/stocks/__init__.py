"""Stocks over HTTP: finding one, its listing, its bars, its insight."""
