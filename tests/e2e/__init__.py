"""A person's way through a whole site: `make e2e BASE_URL=…`. It makes an account and deletes it again."""
