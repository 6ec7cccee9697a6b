"""Search: the index of every public page, how a query is understood, and the words of danger.

Imports models; reading, receivers, the admin and the public interface may import it.
"""
