"""Tests: unit (pure rules), integration (a real PostgreSQL), api, flows, acceptance (the platform as its users meet it)."""
