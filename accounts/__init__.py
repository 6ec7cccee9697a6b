"""Staff accounts: logging in, second factors, password links, sessions.
docs/decisions/0009-the-desks-door.md says why.

Imports trustsite.web and allauth; the apps of content and mail may import it, and nothing of it is
for readers.
"""
