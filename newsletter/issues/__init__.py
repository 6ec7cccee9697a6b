"""The newsletter's issues: writing, preflight, scheduling and pausing.

Imports outbox and below; the admin, the dashboard and the worker may import it.
"""
