"""Which stocks a text is about: text in, mentions with method, confidence and span out. Pure: no store, no settings."""
