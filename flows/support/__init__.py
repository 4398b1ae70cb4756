"""What several flows need and Prefect does not bring: a database of their own run, and tables for people to read."""
