"""Asking for the guide, confirming, preferences, leaving.

Imports outbox and below; admin may import it.
"""
