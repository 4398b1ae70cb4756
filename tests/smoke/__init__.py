"""What must be true of a site right after a release: `make smoke BASE_URL=…`. It only reads."""
