"""What every page and form needs of the web: caching, headers, guards, styles.

Knows no app; every app may import it.
"""
