"""The stream of changes over HTTP: who listens, what is sent, how a broken connection goes on. It reads the log through
lib/live and lib/db/changes, and does not know how changes come about.
"""
