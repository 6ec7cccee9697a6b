"""The newsletter: sign-up, the outbox, e-mails, issues, and what comes back.

Imports of the articles only `articles.api`; no other app imports it but by its template tags.
"""
