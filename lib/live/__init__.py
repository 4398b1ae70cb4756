"""Follows the log of changes in one process and tells others in it. It does not know HTTP, nor what is kept under a
version.
"""
