"""What comes back: webhooks of mail services, bounces, complaints.

Imports outbox and below; admin may import it.
"""
