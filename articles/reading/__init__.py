"""What readers open: pages, feed, sitemap, search.

Imports everything below it; admin alone may import it.
"""
