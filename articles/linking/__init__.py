"""Where addresses lead: links within the site, redirects, the slugs articles once had.

Imports models; editing, reading, content_files and admin may import it.
"""
