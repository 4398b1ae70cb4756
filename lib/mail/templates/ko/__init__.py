"""Texts of mails in one language."""
