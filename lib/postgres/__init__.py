"""PostgreSQL as a program: where its binaries are, and one server of our own in a folder. It knows nothing of tables."""
