"""The way back: a base backup and the log after it, to one moment and no further."""
