"""The queue of mails and the worker that sends them.

Imports emails, suppression and models; subscribing, issues, inbound and admin may import it.
"""
