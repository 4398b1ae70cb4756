"""Prefect flows: each resolves settings, calls lib and records what happened. No rule of the field lives here."""
