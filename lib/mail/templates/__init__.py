"""Texts of mails, a folder for each language: the first line is the subject, ${names} are values."""
