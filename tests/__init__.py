"""Tests: unit (pure rules), integration (a real PostgreSQL), api, flows, acceptance (as users meet the platform)."""
