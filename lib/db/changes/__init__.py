"""The log of what changed: numbered after the commit, read, waited for, pruned. It does not know who follows it.

Writers do not know it either: triggers on the tables note what a transaction changed (migration 0012).
"""
