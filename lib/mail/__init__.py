"""Mails: written from templates, handed to a mail server or a folder, from a queue that loses none."""
