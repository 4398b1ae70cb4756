"""The platform in containers, tried for real: `make container-test`. Plain `make test` does not collect it."""
