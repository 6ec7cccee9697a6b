"""The queue of mails, who may still get one, sending, and retention.

Imports bounces and below; issues, subscribing, inbound and the worker may import it.
"""
