"""The newsletter's issues: writing, checks before sending, sending.

Imports outbox and below; admin may import it.
"""
