"""Alerts at work: values looked at, changes written, deliveries made. The rules themselves are lib/domain/alerts.py."""
