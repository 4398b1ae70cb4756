"""From what a person typed to the listings they may mean, ranked, in process. Pure: no store, no settings."""
