"""What stands between the network and Django: the edge, the page cache, bodies, refusals, static files, threads.

Knows no app; rsgi.py builds it, and apps import `page_cache` and `request_body` alone.
"""
