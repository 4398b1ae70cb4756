"""Rehearsed disasters: staged in isolation, recovered from, compared, measured. They never touch what is in use."""
