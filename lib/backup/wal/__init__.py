"""The write-ahead log on its way to the store while it is written, and what of it the store holds."""
