"""What comes back: webhooks of mail services.

Imports outbox and below; the addresses (urls) and the system checks may import it.
"""
