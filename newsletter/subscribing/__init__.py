"""Sign-up, confirming, preferences, leaving, and the public pages for them.

Imports outbox and below; the addresses (urls), the admin and template tags may import it.
"""
