"""Sends webhooks to addresses that strangers choose: which may be reached, how one is signed and sent."""
