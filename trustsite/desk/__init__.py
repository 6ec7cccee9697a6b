"""What the admin does for every app: the writing page, the right to publish, and pages when something wasn't saved.

Knows no app; every app's admin may import it.
"""
