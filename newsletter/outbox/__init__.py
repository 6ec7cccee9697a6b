"""The queue of mails, who may still get one, sending, retention, and what a refusal does.

Imports emails and below; issues, subscribing, inbound and the worker may import it.
"""
