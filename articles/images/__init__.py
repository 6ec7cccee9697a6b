"""Pictures: uploads re-encoded, cards of shared links.

Imports models at the most.
"""
