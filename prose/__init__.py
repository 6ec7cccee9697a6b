"""Markdown, and the rules for words, without models.

Imports trustsite.web alone; articles, newsletter and quiz may import it.
"""
